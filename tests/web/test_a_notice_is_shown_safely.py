"""What was said keeps its bold, italic and links on a page, and nothing else of its HTML."""

import pytest

from web.markup import safe_markup

LINK = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ("<b>1,00 ₴</b> <i>today</i>", "<b>1,00 ₴</b> <i>today</i>"),
        ("a\nb", "a\nb"),
        ("5 &lt; 6 &amp; 7", "5 &lt; 6 &amp; 7"),
        ("5 < 6", "5 &lt; 6"),
        ("&lt;script&gt;x&lt;/script&gt;", "&lt;script&gt;x&lt;/script&gt;"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<img src=x onerror=alert(1)>x", "x"),
        ("<b onclick='x' style='y'>z</b>", "<b>z</b>"),
        ("<b>open", "<b>open</b>"),
        ("close</b>d", "closed"),
        ("<b><i>crossed</b></i>", "<b><i>crossed</i></b>"),
        (
            '<a href="https://example.org/?a=1&amp;b=2">here</a>',
            f'<a href="https://example.org/?a=1&amp;b=2" {LINK}>here</a>',
        ),
        ('<a href="javascript:alert(1)">here</a>', "here"),
        ('<a href="//example.org">here</a>', "here"),
        ('<a href="http://[">here</a>', "here"),
        ("<a>here</a>", "here"),
        (
            "<a href='https://e.org/\"onclick=x'>q</a>",
            f'<a href="https://e.org/&quot;onclick=x" {LINK}>q</a>',
        ),
        ("<!-- x --><?x?>y", "y"),
        ("</main></html>z", "z"),
    ],
)
def test_only_what_we_know_is_written_anew(html: str, shown: str) -> None:
    """Everything else is letters, and every tag that is opened is closed."""
    assert safe_markup(html) == shown
