"""Layouts of the published data sets. `AT` lets every rule begin at any folder above the set, train and test together."""

from __future__ import annotations

from dataclasses import replace

from data.layouts.layout import LEFT, RIGHT, Layout

AT = r"(?P<at>(?:[^/]+/)*?)"
_DENSITIES = {"light": "light", "medium": "medium", "heavy": "heavy"}


def _haze(name: str, summary: str, hazy: str, clear: tuple[str, ...], **more: object) -> Layout:
    """Returns a rule of RESIDE's kind: several hazy images of one clear image, named by its number."""
    folders = "|".join(clear)
    fields: dict[str, object] = {
        "inputs": rf"{AT}hazy/{hazy}",
        "targets": tuple(rf"\g<at>{folder}/\g<id>" for folder in clear),
        "target_pattern": rf"{AT}(?:{folders})/[^/]+",
        "many_to_one": True,
        "degradation": "haze",
        "scene": ("at", "id"),
    }
    return Layout(name=name, summary=summary, **{**fields, **more})  # type: ignore[arg-type]


_LAYOUTS = (
    Layout(
        name="did-mdn",
        summary="DID-MDN / Rain1200: one file, LEFT rainy, RIGHT clean; Rain_Heavy|Medium|Light/train2018new/N, or facades/",
        inputs=rf"{AT}(?:Rain_(?P<severity>Heavy|Medium|Light)/(?:[^/]+/)*|facades/(?:[^/]+/)*)[^/]+",
        is_side_by_side=True,
        input_side=LEFT,
        severities=_DENSITIES,
        degradation="rain",
    ),
    Layout(
        name="rain800",
        summary="Rain800 / ID-CGAN: one file, LEFT clean, RIGHT rainy; training/, test_syn/ (test_nature/: no ground truth)",
        inputs=rf"{AT}(?:training|test_syn|test_nature)/[^/]+",
        is_side_by_side=True,
        input_side=RIGHT,
        degradation="rain",
    ),
    Layout(
        name="rain12",
        summary="Rain12: 00N_in and 00N_GT in one folder",
        inputs=rf"{AT}(?P<id>\d+)_in",
        targets=(r"\g<at>\g<id>_GT",),
        target_pattern=rf"{AT}\d+_GT",
        degradation="rain",
        checked="recalled",
    ),
    Layout(
        name="rain100-old",
        summary="Rain100L and Rain100H as first published: rainy/rain-NNN and norain-NNN beside that folder",
        inputs=rf"{AT}rainy/rain-(?P<id>\d+)",
        targets=(r"\g<at>norain-\g<id>",),
        target_pattern=rf"{AT}norain-\d+",
        degradation="rain",
        checked="recalled",
    ),
    Layout(
        name="rain200",
        summary="Rain200L and Rain200H: rain_data_train_Light/rain/[X2/]norain-1x2 and norain/norain-1",
        inputs=rf"{AT}(?:(?P<part>rain_data_[a-z]+)_(?P<severity>Light|Heavy)/)?rain/(?:X2/)?norain-(?P<id>\d+)x2",
        targets=(r"\g<at>\g<part>_\g<severity>/norain/norain-\g<id>", r"\g<at>norain/norain-\g<id>"),
        target_pattern=rf"{AT}norain/norain-\d+",
        severities=_DENSITIES,
        degradation="rain",
    ),
    Layout(
        name="rain13k",
        summary="Rain13K: train|test/SET/input/NAME and target/NAME (Test100, Rain100H, Rain100L, Test1200, Test2800)",
        inputs=rf"{AT}(?P<set>(?:train|test)/(?:Test100|Rain100[HL]|Test1200|Test2800))/input/(?P<id>[^/]+)",
        targets=(r"\g<at>\g<set>/target/\g<id>",),
        target_pattern=rf"{AT}(?:train|test)/[^/]+/target/[^/]+",
        degradation="rain",
    ),
    Layout(
        name="mspfn",
        summary="MSPFN: inputcrop/NAME and cleancrop/NAME",
        inputs=rf"{AT}inputcrop/(?P<id>[^/]+)",
        targets=(r"\g<at>cleancrop/\g<id>",),
        target_pattern=rf"{AT}cleancrop/[^/]+",
        degradation="rain",
    ),
    Layout(
        name="rcdnet",
        summary="RCDNet: SET/train/small/rain/NAME and norain/NAME, or rain-N and norain-N",
        inputs=rf"{AT}small/rain/(?P<prefix>rain-|rain|)(?P<id>[^/]+)",
        targets=tuple(rf"\g<at>small/norain/{name}" for name in (r"\g<prefix>\g<id>", r"no\g<prefix>\g<id>", r"\g<id>")),
        target_pattern=rf"{AT}small/norain/[^/]+",
        degradation="rain",
    ),
    Layout(
        name="rain1400",
        summary="Rain1400 / DDN: rainy_image/901_1 ... 901_14 and ground_truth/901 (or blanks in the folders' names)",
        inputs=rf"{AT}rainy[_ ]image/(?P<id>[^/]+)_\d+",
        targets=(r"\g<at>ground_truth/\g<id>", r"\g<at>ground truth/\g<id>"),
        target_pattern=rf"{AT}ground[_ ]truth/[^/]+",
        many_to_one=True,
        degradation="rain",
    ),
    Layout(
        name="rain1400-one-folder",
        summary="Rain1400 as re-arranged: Nrain and Nground_truth in one folder",
        inputs=rf"{AT}(?P<id>\d+)rain",
        targets=(r"\g<at>\g<id>ground_truth",),
        target_pattern=rf"{AT}\d+ground_truth",
        degradation="rain",
    ),
    Layout(
        name="spa-data",
        summary="SPA-Data: real_world.txt with lines of input and target, for real_world/ and real_world_gt/",
        list_file="real_world.txt",
        degradation="rain",
    ),
    Layout(
        name="spa-test",
        summary="SPA-Data's test set: rain/X and gt/Xgt",
        inputs=rf"{AT}rain/(?P<id>[^/]+)",
        targets=(r"\g<at>gt/\g<id>gt",),
        target_pattern=rf"{AT}gt/[^/]+gt",
        degradation="rain",
    ),
    Layout(
        name="agan-raindrop",
        summary="AGAN raindrop: data/N_rain and gt/N_clean, or rain_image/ and clean_image/",
        inputs=rf"{AT}(?P<folder>data|rain_image)/(?P<id>[^/]+)_rain",
        targets=(r"\g<at>gt/\g<id>_clean", r"\g<at>clean_image/\g<id>_clean"),
        target_pattern=rf"{AT}(?:gt|clean_image)/[^/]+_clean",
        degradation="raindrop",
    ),
    _haze("reside-its", "RESIDE ITS: hazy/ID_k_beta and clear/ID", r"(?P<id>[^/_]+)_\d+_\d*\.\d+", ("clear",)),
    _haze(
        "reside-ots", "RESIDE OTS and SOTS outdoor: hazy/0001_0.8_0.2 and gt|clear/0001",
        r"(?P<id>[^/_]+)_\d*\.\d+_\d*\.\d+", ("gt", "clear"),
        inputs=r"(?P<at>(?:[^/]+/)*?)(?<!train/)(?<!test/)hazy/(?P<id>[^/_]+)_\d*\.\d+_\d*\.\d+",
    ),
    _haze("sots-indoor", "SOTS indoor: hazy/1400_1 and gt/1400", r"(?P<id>[^/_]+)_\d+", ("gt",)),
    _haze(
        "haze4k", "Haze4K: train|test/hazy/1_0.89_1.56 and clear/1", r"(?P<id>[^/_]+)_\d*\.\d+_\d*\.\d+", ("clear",),
        inputs=r"(?P<at>(?:[^/]+/)*?(?:train|test)/)hazy/(?P<id>[^/_]+)_\d*\.\d+_\d*\.\d+",
    ),
    Layout(
        name="dense-haze",
        summary="Dense-Haze: hazy/01_hazy and GT/01_GT",
        inputs=rf"{AT}hazy/(?P<id>\d+)_hazy",
        targets=(r"\g<at>GT/\g<id>_GT",),
        target_pattern=rf"{AT}GT/\d+_GT",
        degradation="haze",
    ),
    Layout(
        name="nh-haze",
        summary="NH-HAZE: 01_hazy and 01_GT in one folder (with folders hazy/ and GT/: dense-haze)",
        inputs=r"(?P<at>(?:(?!hazy/)[^/]+/)*?)(?P<id>\d+)_hazy",
        targets=(r"\g<at>\g<id>_GT",),
        target_pattern=rf"{AT}\d+_GT",
        degradation="haze",
        checked="recalled",
    ),
    Layout(
        name="o-haze",
        summary="O-HAZE and I-HAZE: '# O-HAZY NTIRE 2018/hazy/01_outdoor_hazy' and GT/01_outdoor_GT",
        inputs=rf"{AT}hazy/(?P<id>\d+_(?:outdoor|indoor))_hazy",
        targets=(r"\g<at>GT/\g<id>_GT",),
        target_pattern=rf"{AT}GT/\d+_(?:outdoor|indoor)_GT",
        degradation="haze",
    ),
    Layout(
        name="rainds-real",
        summary="RainDS, real: RainDS_real/train_set/raindrop|rainstreak|rainstreak_raindrop/NAME and gt/NAME",
        inputs=rf"{AT}(?P<kind>raindrop|rainstreak|rainstreak_raindrop)/(?P<id>(?!(?:pie-)?(?:rd|rain)-)[^/]+)",
        targets=(r"\g<at>gt/\g<id>",),
        target_pattern=rf"{AT}gt/(?!(?:pie-)?norain-)[^/]+",
        many_to_one=True,
        degradation="rain",
    ),
    Layout(
        name="rainds-syn",
        summary="RainDS, synthetic: raindrop/rd-N, rainstreak/rain-N, rainstreak_raindrop/rd-rain-N, gt/norain-N; also pie-...",
        inputs=rf"{AT}(?P<kind>raindrop|rainstreak|rainstreak_raindrop)/(?P<pie>pie-)?(?:rd-rain|rd|rain)-(?P<id>[^/]+)",
        targets=(r"\g<at>gt/\g<pie>norain-\g<id>",),
        target_pattern=rf"{AT}gt/(?:pie-)?norain-[^/]+",
        many_to_one=True,
        degradation="rain",
    ),
    Layout(
        name="lhp-rain",
        summary="train|test/input/NAME and target/NAME: LHP-Rain, Rain200 and others as users re-arrange them",
        inputs=rf"{AT}(?P<split>train|test)/input/(?P<id>[^/]+)",
        targets=(r"\g<at>\g<split>/target/\g<id>",),
        target_pattern=rf"{AT}(?:train|test)/target/[^/]+",
        degradation="rain",
    ),
    Layout(
        name="snow100k",
        summary="Snow100K: Snow100K-S|M|L/synthetic/NAME and gt/NAME; mask/ belongs to no pair",
        inputs=rf"{AT}Snow100K-(?P<severity>[SML])/synthetic/(?P<id>[^/]+)",
        targets=(r"\g<at>Snow100K-\g<severity>/gt/\g<id>",),
        target_pattern=rf"{AT}Snow100K-[SML]/gt/[^/]+",
        skipped=rf"{AT}Snow100K-[SML]/mask/[^/]+",
        severities={"s": "light", "m": "medium", "l": "heavy"},
        degradation="snow",
    ),
    Layout(
        name="gt-rain",
        summary="GT-RAIN: SCENE-R-NNN and SCENE-C-000, many to one",
        inputs=rf"{AT}(?P<id>[^/]+)-R-\d+",
        targets=(r"\g<at>\g<id>-C-000",),
        target_pattern=rf"{AT}[^/]+-C-000",
        many_to_one=True,
        scene=("id",),
        degradation="rain",
    ),
    Layout(
        name="outdoor-rain",
        summary="Outdoor-Rain: im_0001_s80_a04 and im_0001; folders in/ and gt/, or one folder",
        inputs=rf"{AT}(?:(?P<folder>in|input|rain)/)?(?P<id>im_\d+)_s\d+_a\d+",
        targets=(r"\g<at>gt/\g<id>", r"\g<at>\g<id>"),
        target_pattern=rf"{AT}im_\d+",
        many_to_one=True,
        degradation="rain",
    ),
)  # fmt: skip

TABLE: dict[str, Layout] = {
    layout.name: replace(layout, matches_at_any_depth=layout.list_file is None) for layout in _LAYOUTS
}
"""The layouts by name, in the order of the documentation."""
