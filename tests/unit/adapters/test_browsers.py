import pytest
from django.utils import translation

from mfa.adapters.django.browsers import browser_name

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (f"{WINDOWS}Chrome/140.0.0.0 Safari/537.36", "Chrome on Windows"),
        (f"{WINDOWS}Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0", "Edge on Windows"),
        (f"{WINDOWS}Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0", "Opera on Windows"),
        (f"{MAC}Version/26.0 Safari/605.1.15", "Safari on macOS"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0",
            "Samsung Internet on Android",
        ),
        ("Dalvik/2.1.0 (Linux; U; Android 16)", "Android"),
        ("Firefox", "Firefox"),
        ("curl/8.16.0", ""),
        ("Call 0900 now", ""),
        ("", ""),
    ],
)
def test_a_browser_has_a_name_of_ours(said: str, name: str) -> None:
    with translation.override("en"):
        assert browser_name(said) == name
