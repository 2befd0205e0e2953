"""What a secret looks like: the names it goes by, and its shapes in running text."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

SHORTEST_SECRET = 12
LIKELY_SECRET = 16  # characters; AADSTS700082, which is none, has twelve

SECRET_KEYS = frozenset(
    """
    access_token refresh_token id_token client_secret clientsecret password passwd pwd passphrase
    secret api_key apikey api-key x-api-key code_verifier device_code assertion client_assertion
    accesstoken refreshtoken authtoken auth_token authorization private_key secret_key
    signing_secret webhook_secret session_token cookie set-cookie
    """.split()
)
SECRET_HEADERS = frozenset(
    """
    authorization proxy-authorization cookie set-cookie x-api-key api-key apikey x-myobapi-cftoken
    x-myobapi-key x-auth-token webhook-signature x-xero-signature webhook-secret
    x-goog-channel-token x-hub-signature x-hub-signature-256 stripe-signature svix-signature
    """.split()
)
# In a URL or a form `code` and `state` belong to a sign-in; in a JSON body `code` is an error code.
QUERY_KEYS = (
    "access_token|refresh_token|id_token|client_secret|code_verifier|code|state|token|authtoken|"
    "auth_token|api_key|apikey|key|password|secret|signature|sig|assertion|client_assertion|"
    "device_code|session"
)
# Words before which and after which much is said that is no secret: a value is masked where it
# looks like one. Google's page and sync tokens are none.
_WORDS_OF_SECRETS = (
    r"secret|passw(?:or)?d|pwd|passphrase|(?:api|private|secret)[ _-]?key|"
    r"auth(?:ori[sz]ation)?[ _-]code"
)
_NAMES = rf"(?:token(?<!page.token)(?<!pagetoken)(?<!sync.token)(?<!synctoken)|{_WORDS_OF_SECRETS})"
_RUN = "[A-Za-z0-9._~+/=%-]"
# Long, with a digit, no host. That a letter is in it is not asked: which digits and letters a
# mark is made of must make no difference (engine/ids.py).
_VALUE = rf"(?={_RUN}{{0,200}}[0-9])(?!(?:[\w-]+\.)+(?:com|net|org|uk)\b)[A-Za-z0-9]{_RUN}"

_SURE = (
    # a JSON, Python or PHP pair, quotes escaped or not: "access_token":"…", 'secret' => '…'
    r"""(?P<pair>(?:\\*["'])?\b(?:access_?token|refresh_?token|id_token|client_?secret|password|"""
    r"""passwd|pwd|passphrase|api[_-]?key|code_verifier|device_code|(?:client_)?assertion|"""
    r"""auth_?token|private_key|signing_secret|webhook_secret|secret)(?:\\*["'])?\]?\s*(?::|=>|=)\s*"""
    r"""(?:\\*["'])?)(?![\[{])(?P<pv>[^\s"'\\,;&}\])<>]+)""",
    # a query or form pair in running text
    rf"""(?P<query>[?&](?:{QUERY_KEYS})=)(?!\[redacted\])(?P<qv>[^&\s"'<>#]+)""",
    # an Authorization value
    r"""(?P<auth>\b(?:Bearer|Basic|Zoho-oauthtoken)\s+)(?=[A-Za-z0-9._~+/=-]*[0-9._/=-])"""
    r"""(?P<av>[A-Za-z0-9._~+/=-]{8,})""",
    # headers written out
    r"""(?P<head>\b(?:set-cookie|cookie|authorization|proxy-authorization|x-myobapi-cftoken|"""
    r"""x-api-key|x-auth-token|webhook-signature|x-xero-signature)["']?[ \t]*:[ \t]*["']?)"""
    r"""(?!\[redacted\])(?P<hv>[^\r\n"']+)""",
    # user:password@ in a URL
    r"""(?P<user>\b[a-z][a-z0-9+.-]{0,30}://)(?P<uv>[^/\s:@"'<>]*:[^/\s@"'<>]+)(?=@)""",
    # tokens that show what they are: JWT, Google, Zoho, GoCardless
    r"""(?P<jwt>\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?)""",
    r"""(?P<goog>\bya29\.[A-Za-z0-9_-]{10,}|\b1//[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{10,})""",
    r"""(?P<zoho>\b1000\.[0-9a-f]{16,}\.[0-9a-f]{16,})""",
    r"""(?P<goca>\b(?:live|sandbox)_[A-Za-z0-9_-]{30,})""",
)
_LIKELY = (
    # a word and what looks like a secret: token=…, apikey …, refresh token '…'
    rf"""(?P<told>\b\w{{0,40}}?{_NAMES}(?:\\*["'])?\]?(?:"""
    rf"""[ \t]{{0,3}}=>?[ \t]{{0,3}}(?:\\*["'])?(?={_RUN}{{{SHORTEST_SECRET}}})|"""
    r"""(?:[ \t]{0,3}:[ \t]{0,3}|[ \t]{1,3}(?:(?:is|was|value)[ \t]{1,3})?)[(\[<`"'\\]{0,4}"""
    rf"""(?={_RUN}{{{LIKELY_SECRET}}})))(?P<tv>{_VALUE}+[^\s"'\\,;&}}\])<>`]*)""",
    # curl -u user:password
    r"""(?P<cli>(?:(?<=[\s"']-)[a-z]{0,6}?u[ \t]*|(?<=--)(?:proxy-)?user[ \t=]+)(?:\\*["'])?)"""
    r"""(?P<cv>[^\s:"'\\]*:(?!//)[^\s"'\\]*)""",
)
PARTS = (*_SURE, *_LIKELY)
# All begin with one of these signs or with a word: nowhere else are they tried.
_BEGINS = r"""(?=[\\"'?&]|\b\w)"""
_TEXT = re.compile(rf"{_BEGINS}(?:{'|'.join(PARTS)})", re.IGNORECASE)
_SURE_TEXT = re.compile(rf"{_BEGINS}(?:{'|'.join(_SURE)})", re.IGNORECASE)
KEPT = ("pair", "told", "cli", "query", "auth", "head", "user")
_SECRET_NAME = re.compile(rf"\w{{0,40}}?{_NAMES}", re.IGNORECASE)
_LIKELY_SECRET = re.compile(rf"(?={_RUN}{{{SHORTEST_SECRET}}}){_VALUE}+")
# One of these is in every text that `_TEXT` can match and in all JSON with a secret's name: a word
# and not yet the end of a clause, or how a token begins. Escapes that could hide it are here too.
_WORDS = (
    *("access_?token", "refresh_?token", "id_token", "auth[_-]?token", "secret", "passw(?:or)?d"),
    *("passphrase", "api[_-]?key", "code_verifier", "device_code", "assertion", "private_key"),
    *("pwd", "cookie", "authorization", "cftoken", "signature"),
)
_SIGNS = (
    *(r"(?:bearer|basic|oauthtoken)[^a-z0-9_.,;:)]", rf"[?&](?:{QUERY_KEYS})=", r"\\u"),
    *(r"eyj[a-z0-9_-]{8}", r"ya29\.[a-z0-9_-]{10}", r"1\\*/\\*/", r"gocspx-[a-z0-9_-]{10}"),
    *(r"1000\.[0-9a-f]{16}", r"(?:live|sandbox)_[a-z0-9_-]{30}"),
)
_LIKELY_SIGNS = (
    rf"""(?:token|{_WORDS_OF_SECRETS})(?:[\]\[ \t"'\\:=>(<`]|\\t)+"""
    r"""(?:(?:is|was|value)(?:[ \t]|\\t)[ \t"'\\(\[<`]*)?[a-z0-9._~+/=%\\-]*[0-9]""",
    r"""(?:[\s"']|\\[nrt])-[a-z]{0,6}u(?:[ \t"'\\]|\\t)*[^\s:]*:""",
    r"--(?:proxy-)?user[^a-z0-9_-]",
)
# Without case these are letters of ASCII, in Python's expressions too.
_LIKE_ASCII = (("\u017f", "s"), ("\u0131", "i"), ("\u0130", "i"), ("\u212a", "k"))


@cache
def _hint() -> Any:
    """A cheap test before the dear one: RE2 looks for all words and signs in one pass."""
    import re2

    names = map(re2.escape, sorted(SECRET_KEYS | SECRET_HEADERS))
    words = "|".join((*_WORDS, *names))
    # A set: of RE2's searches the one that costs Python least.
    hint = re2.Set.SearchSet()
    hint.Add("")
    hint.Add(rf"(?:{words})(?:[^a-z0-9_ .,;)`-]| +[^a-z0-9 ])|{'|'.join(_SIGNS)}")
    hint.Add("|".join(_LIKELY_SIGNS))
    hint.Compile()
    return hint


def folded(value: str) -> bytes:
    """The text in lower case, as :func:`pattern_for` reads it."""
    if not value.isascii():
        for letter, plain in _LIKE_ASCII:
            if letter in value:
                value = value.replace(letter, plain)
    return value.lower().encode("utf-8", "replace")


def pattern_for(lower: bytes) -> re.Pattern[str] | None:
    """What finds the secrets of a :func:`folded` text; None when there are none."""
    # The empty expression holds for every text: were RE2 to give up, even that would be missing.
    found: list[int] = _hint().Match(lower)
    if found == [0]:
        address = b"@" in lower and (b"://" in lower or b":\\" in lower)
        return _SURE_TEXT if address else None
    return _SURE_TEXT if found == [0, 1] else _TEXT


def is_secret(name: str, value: str) -> bool:
    """Whether a name that may be that of a secret has a value that looks like one."""
    return bool(_LIKELY_SECRET.fullmatch(value) and _SECRET_NAME.fullmatch(name))
