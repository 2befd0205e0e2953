"""Takes secrets out of exchanges and texts, and counts what it took.

What is secret: tokens, codes, client secrets, passphrases, cookies, signatures. What is kept: the
provider's error words, record numbers, organisation names: without them nothing can be diagnosed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from syncdoctor.model import NOTHING, Exchange, Phase, Transport

MASK = "[redacted]"
DEPTH = 60
_CONTAINERS = (dict, list, tuple)
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
_PARTS = (*_SURE, *_LIKELY)
# All begin with one of these signs or with a word: nowhere else are they tried.
_BEGINS = r"""(?=[\\"'?&]|\b\w)"""
_TEXT = re.compile(rf"{_BEGINS}(?:{'|'.join(_PARTS)})", re.IGNORECASE)
_SURE_TEXT = re.compile(rf"{_BEGINS}(?:{'|'.join(_SURE)})", re.IGNORECASE)
_KEEP = ("pair", "told", "cli", "query", "auth", "head", "user")
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
_CLEAN: set[str] = set()  # texts with a hint and no secret: error words come again and again
_CLEAN_KEYS: set[str] = set()  # names in bodies: the same few everywhere
_MOST_CLEAN = 4096
_LONGEST_CLEAN = 1024  # characters


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


def _lower(value: str) -> bytes:
    if not value.isascii():
        for letter, plain in _LIKE_ASCII:
            if letter in value:
                value = value.replace(letter, plain)
    return value.lower().encode("utf-8", "replace")


def _pattern(lower: bytes) -> re.Pattern[str] | None:
    """What finds the secrets of a text; None when there are none."""
    # The empty expression holds for every text: were RE2 to give up, even that would be missing.
    found: list[int] = _hint().Match(lower)
    if found == [0]:
        address = b"@" in lower and (b"://" in lower or b":\\" in lower)
        return _SURE_TEXT if address else None
    return _SURE_TEXT if found == [0, 1] else _TEXT


def is_plain(source: bytes) -> bool:
    """Whether JSON provably holds no secret, in whatever way its texts are taken apart or parsed.

    Letters outside ASCII could be a hint in another case, and what is nested deeper than 60
    levels is cut off: with either the answer is no.
    """
    # Of an address in two parts neither need hold a hint.
    parted = b"baseURL" in source
    return not parted and source.count(b"{") + source.count(b"[") <= DEPTH and _has_no_hint(source)


def _has_no_hint(source: bytes) -> bool:
    return source.isascii() and _pattern(source.lower()) is None


def _shallow(value: Any) -> bool:
    """Whether nothing is nested so deep that it would be cut off."""
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(DEPTH):
        if not level:
            return True
        below = (v.values() if isinstance(v, dict) else v for v in level)
        level = [v for values in below for v in values if isinstance(v, _CONTAINERS)]
    return not level


def _is_secret(name: str, value: str) -> bool:
    """Whether a name that may be that of a secret has a value that looks like one."""
    return bool(_LIKELY_SECRET.fullmatch(value) and _SECRET_NAME.fullmatch(name))


class Redactor:
    """Takes out secrets by shape, and the literal secrets that it was told of."""

    __slots__ = ("_known", "count")

    def __init__(self, known: Iterable[str] = ()) -> None:
        """``known`` are literal secrets, for example the tokens just read from the store."""
        self.count = 0
        literals = sorted({k for k in known if len(k) >= 6}, key=len, reverse=True)  # noqa: PLR2004
        self._known = re.compile("|".join(map(re.escape, literals))) if literals else None

    def text(self, value: str) -> str:
        """The text without its secrets."""
        if self._known is not None:
            value, number = self._known.subn(MASK, value)
            self.count += number
        if value in _CLEAN or (pattern := _pattern(_lower(value))) is None:
            return value
        clean = pattern.sub(self._mask, value)
        if clean == value and len(_CLEAN) < _MOST_CLEAN and len(value) <= _LONGEST_CLEAN:
            _CLEAN.add(value)
        return clean

    def _mask(self, found: re.Match[str]) -> str:
        self.count += 1
        groups = found.groupdict()
        kept = next((groups[name] for name in _KEEP if groups.get(name) is not None), "")
        return kept + MASK

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers with lower-case names and without secrets."""
        clean = {}
        for name, value in headers.items():
            lower = str(name).lower()
            if lower in SECRET_HEADERS:
                self.count += 1
                clean[lower] = MASK
            else:
                clean[lower] = self.text(str(value))
        return clean

    def value(self, value: Any, depth: int = 0) -> Any:
        """Parsed JSON without secrets; what is nested deeper than 60 levels is cut off."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            if depth >= DEPTH:
                return MASK
            return {self._key(k): self._item(k, v, depth) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return MASK if depth >= DEPTH else [self.value(v, depth + 1) for v in value]
        return value

    def _key(self, key: Any) -> Any:
        if not isinstance(key, str) or (self._known is None and key in _CLEAN_KEYS):
            return key
        clean = self.text(key)
        if clean == key and len(_CLEAN_KEYS) < _MOST_CLEAN:
            _CLEAN_KEYS.add(key)
        return clean

    def _item(self, key: Any, value: Any, depth: int) -> Any:
        if isinstance(key, str) and key.lower() in SECRET_KEYS and value not in (None, "", [], {}):
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                self.count += 1
                return MASK
            return self._all(value, depth + 1)
        if isinstance(key, str) and isinstance(value, str) and _is_secret(key, value):
            self.count += 1
            return MASK
        return self.value(value, depth + 1)

    def _all(self, value: Any, depth: int) -> Any:
        """Everything below a secret key is secret, except error words: lists of messages."""
        if isinstance(value, list) and all(isinstance(v, str) and " " in v for v in value):
            return self.value(value, depth)
        if isinstance(value, dict):
            return self.value(value, depth)
        self.count += 1
        return MASK


class _Plain(Redactor):
    """What an exchange is made with whose source is plain: it looks at nothing."""

    __slots__ = ()

    def text(self, value: str) -> str:
        return value

    def value(self, value: Any, depth: int = 0) -> Any:  # noqa: ARG002 - as in the class above
        return value


_PLAIN = _Plain()
_remembered: set[str] = set()


def remember(*secrets: str | None) -> None:
    """Name literal secrets that :func:`text` takes out from now on, whatever their shape.

    What is shorter than twelve characters is left alone: it may be a word.
    """
    _remembered.update(s for s in secrets if s and len(s) >= SHORTEST_SECRET)


def remembered() -> frozenset[str]:
    """The literal secrets that were named so far, for what must prove to be free of them."""
    return frozenset(_remembered)


def text(value: str) -> str:
    """The text without its secrets."""
    for secret in sorted(_remembered, key=len, reverse=True):
        value = value.replace(secret, MASK)
    return Redactor().text(value)


def exchange(
    *,
    provider: str | None = None,
    phase: Phase | None = None,
    method: str = "GET",
    url: str = "",
    status: int | None = None,
    headers: Mapping[str, str] = NOTHING,
    body: Any = None,
    exception: str | None = None,
    transport: Transport | None = None,
    at: datetime | None = None,
    elapsed_s: float | None = None,
    attempt: int = 1,
    known: Iterable[str] = (),
    source: bytes | None = None,
    body_source: bytes | None = None,
) -> Exchange:
    """Make an exchange without secrets: the only way in which one is made.

    Args:
        known: literal secrets to take out besides those that are known by their shape.
        source: the JSON that all of it was read from; saves looking at each part.
        body_source: the JSON that the body was read from, likewise.
        (the others): as in :class:`syncdoctor.model.Exchange`.
    """
    known = tuple(known)
    plain = source is not None and not known and is_plain(source)
    redactor = _PLAIN if plain else Redactor(known)
    of_body = redactor
    if body_source is not None and not known and _has_no_hint(body_source) and _shallow(body):
        of_body = _PLAIN
    return Exchange(
        provider=provider,
        phase=phase,
        method=method,
        url=redactor.text(url),
        status=status,
        headers=redactor.headers(headers),
        body=of_body.value(body),
        exception=None if exception is None else redactor.text(exception),
        transport=transport,
        at=at,
        elapsed_s=elapsed_s,
        attempt=attempt,
        redactions=redactor.count,
    )
