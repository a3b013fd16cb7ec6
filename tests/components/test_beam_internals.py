"""What Beam is made to remember is what it would find."""

import functools
import gc

import apache_beam as beam
import pytest
from apache_beam.transforms.userstate import BagStateSpec, get_dofn_specs

from components.beam_internals import core, remembered_arguments, remembering

original = core.get_function_args_defaults


class Counting(beam.DoFn):
    SEEN = beam.DoFn.StateParam(BagStateSpec("seen", beam.coders.VarIntCoder()))

    def process(self, element, seen=SEEN, factor=2):
        seen.add(element)
        yield element * factor

    @classmethod
    def of_class(cls, a, b=3):
        return a, b


def plain(a, b=1, *, c=2):
    return a, b, c


@functools.wraps(plain)
def wrapping(*arguments):
    return plain(*arguments)


CALLABLES = [
    Counting().process,
    Counting.process,
    Counting().of_class,
    Counting().setup,
    plain,
    wrapping,
    functools.partial(plain, 4),
    lambda element, window=beam.DoFn.WindowParam: (element, window),
    str.upper,
    "text".split,
    len,
    dict,
    Counting,
]


@pytest.mark.parametrize("function", CALLABLES, ids=[str(place) for place in range(len(CALLABLES))])
def test_arguments_are_those_that_beam_finds_each_time(function):
    remembered = remembering(original)
    expected = original(function)
    first = remembered(function)
    assert first == expected
    first[0].append("changed by the caller")
    assert remembered(function) == expected


def test_a_method_and_its_function_differ_in_self():
    remembered = remembering(original)
    for _ in range(2):
        assert remembered(Counting.process)[0] == ["self", "element", "seen", "factor"]
        assert remembered(Counting().process)[0] == ["element", "seen", "factor"]


def test_a_function_is_inspected_once_and_again_when_its_defaults_change():
    inspected = []

    def of_one_test(a, b=1):
        return a, b

    remembered = remembering(lambda function: inspected.append(function) or original(function))
    assert [remembered(of_one_test)[1] for _ in range(3)] == [[1]] * 3
    assert len(inspected) == 1
    of_one_test.__defaults__ = (5,)
    assert [remembered(of_one_test)[1] for _ in range(2)] == [[5]] * 2
    assert len(inspected) == 2


def test_functions_that_are_gone_are_forgotten():
    remembered = remembering(original)
    for _ in range(50):
        remembered(lambda element, chunk=bytes(10**6): (element, chunk))
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, tuple) and one and isinstance(one[0], bytes)]
    assert sum(len(one[0]) == 10**6 for one in alive) <= 1


@pytest.mark.parametrize("fails", [False, True])
def test_beam_inspects_each_method_once_while_the_context_lasts_and_finds_states_as_before(monkeypatch, fails):
    expected = get_dofn_specs(Counting())
    assert {spec.name for spec in expected[0]} == {"seen"}
    signatures = []
    signature_of = core.get_signature
    monkeypatch.setattr(core, "get_signature", lambda function: signatures.append(function) or signature_of(function))
    try:
        with remembered_arguments():
            assert get_dofn_specs(Counting()) == expected
            once = len(signatures)
            assert once > 5
            assert get_dofn_specs(Counting()) == expected
            assert len(signatures) == once
            if fails:
                raise ValueError("in the context")
    except ValueError:
        pass
    assert core.get_function_args_defaults is original
