"""What an exception's text says: how no whole answer came, or which status came.

The wordings are those of curl (error numbers: https://curl.se/libcurl/c/libcurl-errors.html),
Python (requests, urllib3, httpx, ssl), Node.js (https://nodejs.org/api/errors.html, undici),
Java, .NET, PHP and Guzzle, Go and Ruby; read 2026-11-22.
"""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus

from syncdoctor.engine.expressions import ExpressionSet
from syncdoctor.model import Transport

# How much of a text is looked at, from its start and from its end.
SPAN = 4_000

_CURL = re.compile(
    r"(?i)\bcurl(?:\s+(?:error|exit(?:ed with)?)(?:\s+(?:code|status))?|:)?\s*[:(]?\s*(\d{1,2})\b"
)
_CURL_NUMBERS = {
    5: Transport.PROXY,
    6: Transport.DNS,
    7: Transport.REFUSED,
    18: Transport.INCOMPLETE,
    28: Transport.READ_TIMEOUT,
    35: Transport.TLS_OTHER,
    51: Transport.TLS_HOSTNAME,
    52: Transport.INCOMPLETE,
    53: Transport.TLS_OTHER,
    54: Transport.TLS_OTHER,
    55: Transport.RESET,
    56: Transport.RESET,
    58: Transport.TLS_OTHER,
    59: Transport.TLS_OTHER,
    60: Transport.TLS_UNTRUSTED,
    66: Transport.TLS_OTHER,
    77: Transport.TLS_UNTRUSTED,
    80: Transport.TLS_OTHER,
    83: Transport.TLS_UNTRUSTED,
    90: Transport.TLS_UNTRUSTED,
    91: Transport.TLS_UNTRUSTED,
    92: Transport.INCOMPLETE,
    97: Transport.PROXY,
}

# In this order: the nearer cause first. A proxy's failure is often told as a refused
# connection, and a certificate's as a failed connection.
_FAMILIES: tuple[tuple[Transport, str], ...] = (
    (
        Transport.PROXY,
        r"ProxyError|connect to proxy|proxy refused|refused by (?:the )?proxy"
        r"|Tunnel connection failed|Proxy Authentication Required"
        r"|from proxy after CONNECT|resolve proxy|ERR_PROXY_|ERR_TUNNEL_CONNECTION_FAILED"
        r"|tunneling socket could not be established|proxyconnect tcp|tunnel through proxy"
        r"|proxy responded with|proxy tunnel",
    ),
    (
        Transport.TLS_EXPIRED,
        r"certificate (?:has|is) expired|CERT_HAS_EXPIRED|CertificateExpired|not yet valid"
        r"|CERT_NOT_YET_VALID|CRL_HAS_EXPIRED|CertificateNotYetValid"
        r"|ERR_CERT_DATE_INVALID|certificate expired"
        r"|NotTimeValid|NotAfter:",
    ),
    (
        Transport.TLS_HOSTNAME,
        r"hostname mismatch|doesn't match (?:(?:either|any) of )?(?:['\"]|the subject)"
        r"|ALTNAME_INVALID|does not match certificate's altnames"
        r"|No (?:name matching|subject alternative)"
        r"|certificate is (?:not )?valid for|CertificateNameMismatch"
        r"|match(?:es)? target host name"
        r"|ERR_CERT_COMMON_NAME_INVALID|host ?name .{0,80}(?:not match|mismatch)"
        r"|not verified: .{0,40}certificate|Hostname \S+ not verified|SSLPeerUnverified",
    ),
    (
        Transport.TLS_UNTRUSTED,
        r"self[- ]signed certificate|unable to get (?:local )?issuer|verify the first certificate"
        r"|UNABLE_TO_(?:VERIFY|GET_ISSUER)|SELF_SIGNED_CERT|PKIX path|valid certification path"
        r"|signed by unknown authority|RemoteCertificateChainErrors|UntrustedRoot|PartialChain"
        r"|CERTIFICATE_VERIFY_FAILED|certificate verify failed|remote certificate (?:is|was)"
        r"|certificate verify locations|ERR_CERT_AUTHORITY_INVALID|trust anchor|trustAnchors"
        r"|SSL certificate problem|unknown ca\b|could not establish trust relationship"
        r"|UnknownIssuer|invalid peer certificate|certificate for this server is invalid"
        r"|\bCERT_(?:UNTRUSTED|REVOKED|REJECTED|SIGNATURE_FAILURE|CHAIN_TOO_LONG)"
        r"|certificate cannot be authenticated|certificate pinning"
        r"|pin(?:ning)? verification|unable to verify certificate"
        r"|(?:SSL|TLS) certificate .{0,80}(?:not|n't) be verified",
    ),
    (
        Transport.DNS,
        r"getaddrinfo|\bENOTFOUND|\bEAI_(?:AGAIN|N)|Name or service not known"
        r"|nodename nor servname"
        r"|name resolution|No address associated|no such host|UnknownHost|UnresolvedAddress"
        r"|resolve host|NameResolutionError|host is known|ERR_NAME_NOT_RESOLVED"
        r"|(?:Failed|Unable) to resolve ['\"(]?[\w-]+\.\w|name could not be resolved"
        r"|Name does not resolve"
        r"|Resolv::|nxdomain|DNS_PROBE_|Resource temporarily unavailable \("
        r"|lookup .{0,120}server misbehaving|DNS (?:lookup|resolution|server|query)"
        r"|Could not resolve(?:: | the )?(?:address|name|domain|proxy|[\w-]+\.\w)"
        r"|\bDNS Failed|non-existing domain|address could not be resolved"
        r"|resolve the host|\bSERVFAIL\b|\bDNS error|no DNS (?:record|entry)|Address unavailable:",
    ),
    (
        Transport.READ_TIMEOUT,
        r"Read ?Time(?:d )?out|Read timed out|read ETIMEDOUT|ESOCKETTIMEDOUT|read operation timed"
        r"|timeout of \d+ ?ms exceeded|UND_ERR_(?:HEADERS|BODY)_TIMEOUT|awaiting headers"
        r"|Headers Timeout Error|Body Timeout Error|Operation timed out after|HttpClient\.Timeout"
        r"|SocketTimeoutException(?!: *connect)|The operation (?:has timed|was timed) out"
        r"|while reading (?:body|response)|after sending the request|ReadTimeout|PoolTimeout"
        r"|while waiting for (?:a )?response|response timeout",
    ),
    (
        Transport.CONNECT_TIMEOUT,
        r"Connect ?Time(?:d )?out|connect(?:ion)? timed out|connection to .{1,120} timed out"
        r"|ETIMEDOUT|Errno 110\b|WinError 10060\b|\b10060\b|UND_ERR_CONNECT_TIMEOUT|i/o timeout"
        r"|Net::OpenTimeout|ERR_CONNECTION_TIMED_OUT|did not properly respond|Resolving timed out"
        r"|execution expired|TLS handshake timeout|handshake operation timed out"
        r"|SSL connection timeout|Connection timeout",
    ),
    (
        Transport.REFUSED,
        r"connection refused|ECONNREFUSED|actively refused|ConnectionRefused"
        r"|ERR_CONNECTION_REFUSED|Errno 111\b|Errno 61\b|WinError 10061\b|connect to server",
    ),
    (
        Transport.UNREACHABLE,
        r"network is (?:unreachable|down)|ENETUNREACH|EHOSTUNREACH|ENETDOWN|No route to host"
        r"|NoRouteToHost|ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_ADDRESS_UNREACHABLE"
        r"|host is (?:unreachable|down)|unreachable (?:host|network)|WinError 100(?:51|65)\b"
        r"|Internet connection appears to be offline|host unreachable",
    ),
    (
        Transport.INCOMPLETE,
        r"IncompleteRead|ChunkedEncoding|InvalidChunk|ended prematurely|premature(?:ly)?\b"
        r"|CONTENT_LENGTH_MISMATCH|ERR_INCOMPLETE_CHUNKED|end of file reached"
        r"|unexpected end of (?:stream|file)|unexpected EOF|outstanding read data"
        r"|empty reply|without sending complete|bytes remaining to read|stream .{0,40}not closed"
        r"|incomplete (?:chunked|response|message)|IncompleteMessage|ClientPayloadError"
        r"|EOFException|sent GOAWAY|stream error: stream ID|StreamReset|stream was reset",
    ),
    (
        Transport.RESET,
        r"connection (?:was )?reset|ECONNRESET|socket hang ?up|connection aborted"
        r"|forcibly closed|\bEPIPE|broken pipe|ConnectionReset|RemoteDisconnected|ECONNABORTED"
        r"|closed connection without response|server disconnected|WinError 10054\b"
        r"|other side closed|broke connection"
        r"|connection was (?:unexpectedly )?closed|closed unexpectedly|NoHttpResponse|: EOF\b"
        r"|failed to respond|connection (?:has been )?closed|ERR_CONNECTION_(?:RESET|CLOSED)"
        r"|Errno 104\b|UND_ERR_SOCKET|reset by peer|ERR_EMPTY_RESPONSE|connection terminated"
        r"|(?:server|peer|remote|host) (?:closed|dropped|reset|terminated) the connection"
        r"|network connection was lost|socket (?:was |is )?closed"
        r"|connection (?:was )?dropped while",
    ),
    (
        Transport.TLS_OTHER,
        r"SSLError|SSLHandshake|SSL_ERROR|SSL routines|\btls:|\bEPROTO\b|handshake fail"
        r"|handshake_failure|WRONG_VERSION_NUMBER|SSL::SSLError|SSLException|SSL/TLS|SSL_connect"
        r"|UNSUPPORTED_PROTOCOL|DH_KEY_TOO_SMALL|SSL connection|ERR_SSL_|\bAuthenticationException:"
        r"|SSL_read|sslv3 alert|tlsv1 alert|SSL (?:handshake|negotiation)|TLS connect"
        r"|HTTP response to HTTPS client|SSL operation failed|An SSL error|Error 12175\b"
        r"|(?:TLS|SSL) (?:negotiation|session|alert)",
    ),
    (
        Transport.READ_TIMEOUT,
        r"timed out|time-?out\b|context deadline exceeded|TaskCanceled|TimeoutError",
    ),
    (
        Transport.OTHER,
        r"Connect(?:ion)?(?:Error|Exception|Failed)|network ?error|fetch failed"
        r"|failed to fetch(?! user)"
        r"|Max retries exceeded|connection error|HttpRequestException|TransportException"
        r"|SocketException|SocketError|sending the request|NetworkError|RemoteProtocolError"
        r"|NewConnectionError|URLError|dial tcp|\bECONN[A-Z]+|bad socket|failed to connect"
        r"|couldn't connect|unable to connect|cannot connect|could not connect|SttpClientException"
        r"|connection (?:cannot|can't|could not|couldn't) be established|too ?many ?redirects"
        r"|MaxRedirects|Exceeded \d+ redirects|maximum redirect|http_code\W{1,8}(?:int\()?0\b"
        r"|TypeError: Load failed|Parse Error: Expected HTTP/|\bHPE_INVALID_\w+|Error 120\d\d\b"
        r"|connection with the server could not be established",
    ),
)

_AHEAD = re.compile(r"\(\?![^()]*\)")  # what RE2 has not
_BOUND = re.compile(r"\.\{\d+,\d+\}")  # what costs RE2 many states

_REASONS = (
    r"Bad Request|Unauthori[sz]ed|Payment Required|Forbidden|Not Found|Method Not Allowed"
    r"|Not Acceptable|Request Timeout|Conflict|Gone|Precondition Failed|Payload Too Large"
    r"|Request Entity Too Large|Unsupported Media Type|Unprocessable|Too Many Requests"
    r"|Internal Server Error|Not Implemented|Bad Gateway|Service (?:Temporarily )?Unavailable"
    r"|Gateway Time-?out|Client Error|Server Error"
)
_STATUS = re.compile(
    rf"\b([45]\d\d)\b[)\]:='\"]*\s*[('\"]{{0,2}}(?:{_REASONS})"
    r"|\bHTTP(?:/\d(?:\.\d)?|[ _-]?(?:error|status|response)(?: code)?)?[\s:=(\[]+([45]\d\d)\b"
    r"|\b(?:http|response)?[ _]?status(?:[ _]?code)?['\"]?(?: of| was| is)?\s*[:=(]*\s*['\"]?"
    r"([45]\d\d)\b"
    r"|\b(?:response code|responded with(?: a)?|returned error|indicate success)[:\s]+([45]\d\d)\b"
    r"|\A\s*[\[(]([45]\d\d)[\])]|\A\s*([45]\d\d)(?:: | - |\s*[{<\[])"
    r"|\btoo many ([45]\d\d) error responses"
    r"|(?:Error|Exception)(?:\$\w+)?:\s*(?:[A-Z]\w+ ){0,3}([45]\d\d)\s*(?:[:-]|\Z)"
    r"|\A\s*(?:[A-Z]\w+ ){1,2}([45]\d\d) [A-Z]+_[A-Z_]+"
    r"|(?:Error|Exception)(?:\$\w+)?:?\s*\(([45]\d\d)[,)]|\bAPI error:?\s+\(?([45]\d\d)\b"
    r"|[{,(\n]\s*['\"]?code['\"]?\s*[:=]\s*['\"]?([45]\d\d)\b"
    r"|\[(?:http_?)?(?:status|code|status_?code)\]\s*=>\s*([45]\d\d)\b",
    re.IGNORECASE,
)
# Clients of .NET print a status by its name, and many an exception is a reason phrase and no more.
_NAMED = {
    status.phrase.lower().replace(" ", ""): int(status)
    for status in (
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED),
        *(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED),
        *(HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR),
        *(HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE),
    )
}
_NAMES = (
    r"Bad ?Request|Unauthorized|Payment ?Required|Forbidden|Not ?Found|Method ?Not ?Allowed"
    r"|Conflict|Too ?Many ?Requests|Internal ?Server ?Error|Bad ?Gateway|Service ?Unavailable"
)
_STATUS_NAME = re.compile(
    rf"\bstatus[ _-]?code\W{{1,4}}(?:of )?({_NAMES})\b"
    rf"|\A\s*(?:[\w.$\\]+: ){{0,2}}({_NAMES})(?=\W{{0,3}}\Z| - )"
    rf"|\b(?:API error|message was):? ({_NAMES})\b",
    re.IGNORECASE,
)


def span(text: str) -> str:
    """The start and the end of a text, where exceptions say what happened."""
    return text if len(text) <= 2 * SPAN else f"{text[:SPAN]}\n{text[-SPAN:]}"


def status_in(text: str) -> int | None:
    """The HTTP error status that an exception's text tells of, or None."""
    text = span(text)
    if match := _STATUS.search(text):
        return int(match[match.lastindex or 0])
    named = _STATUS_NAME.search(text)
    return _NAMED[named[named.lastindex or 0].lower().replace(" ", "")] if named else None


def classify(text: str) -> Transport | None:
    """The way in which no whole answer came; None when the text tells of something else."""
    text = span(text)
    # RE2 knows ASCII words and blanks only; any other text is compared with every family.
    likely = _likely().matches((text,)) if text.isascii() else range(len(_FAMILIES))
    for number, (transport, pattern) in enumerate(_patterns()):
        if transport is Transport.TLS_OTHER and (curl := _curl(text)):
            return curl
        if number in likely and pattern.search(text):
            return transport
    return _curl(text)


@cache
def _likely() -> ExpressionSet:
    """The families, each with all that it holds for and a little more, told in one pass."""
    families = ExpressionSet()
    families.add(_BOUND.sub(".*", _AHEAD.sub("", text)) for _, text in _FAMILIES)
    return families


def _curl(text: str) -> Transport | None:
    match = _CURL.search(text)
    return _CURL_NUMBERS.get(int(match[1])) if match else None


@cache
def _patterns() -> tuple[tuple[Transport, re.Pattern[str]], ...]:
    return tuple((name, re.compile(text, re.IGNORECASE)) for name, text in _FAMILIES)
