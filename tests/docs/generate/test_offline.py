"""A page of the site may link to the network, and load nothing from it."""

import pytest

from docs.generate.offline import remote_loads


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://unpkg.com/x.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/a.css">',
        '<img srcset="http://a.example/b.png 2x">',
        "<style>body { background: url('https://a.example/b.png') }</style>",
        '<pre class="mermaid"><code>graph LR</code></pre>',
    ],
)
def test_what_a_browser_would_fetch_is_reported(html, tmp_path):
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    assert len(list(remote_loads(tmp_path))) == 1


def test_a_style_sheet_that_imports_is_reported(tmp_path):
    (tmp_path / "a.css").write_text('@import "https://a.example/b.css";', encoding="utf-8")
    assert len(list(remote_loads(tmp_path))) == 1


def test_hyperlinks_and_local_files_are_fine(tmp_path):
    html = '<a href="https://a.example">there</a><img src="pictures/b.jpg"><link href="style.css">https://text.example'
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    assert list(remote_loads(tmp_path)) == []
