from __future__ import annotations

import pytest

from syncdoctor.engine.transport import classify, status_in
from syncdoctor.model import Transport

POOL = "HTTPSConnectionPool(host='api.acct.test', port=443): Max retries exceeded with url: /t "


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        # curl and what is built on it (PHP, Guzzle)
        ("cURL error 6: Could not resolve host: api.acct.test", Transport.DNS),
        ("curl: (7) Failed to connect to api.acct.test port 443: Connection refused", "refused"),
        ("cURL error 7: Failed to connect to x port 443 after 3 ms: No route to host", "unreachable"),
        ("cURL error 18: transfer closed with 120 bytes remaining to read", "incomplete"),
        ("cURL error 28: Connection timed out after 10001 milliseconds", "connect-timeout"),
        ("cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received", "read-timeout"),
        ("cURL error 28: Resolving timed out after 5000 milliseconds", "connect-timeout"),
        ("cURL error 35: error:1408F10B:SSL routines:ssl3_get_record:wrong version number", "tls-other"),
        ("cURL error 52: Empty reply from server", "incomplete"),
        ("cURL error 56: Recv failure: Connection reset by peer", "reset"),
        ("cURL error 56: Received HTTP code 407 from proxy after CONNECT", "proxy"),
        ("cURL error 60: SSL certificate problem: unable to get local issuer certificate", "tls-untrusted"),
        ("cURL error 60: SSL certificate problem: certificate has expired", "tls-expired"),
        ("cURL error 60: SSL: no alternative certificate subject name matches target host name 'x'", "tls-hostname"),
        ("curl_exec failed, curl error 35", "tls-other"),
        ("php_network_getaddresses: getaddrinfo failed: Name or service not known", "dns"),
        # Python
        (POOL + "(Caused by NameResolutionError('Failed to resolve'))", "dns"),
        (POOL + "(Caused by NewConnectionError('[Errno 111] Connection refused'))", "refused"),
        (POOL + "(Caused by ConnectTimeoutError('Connection to api.acct.test timed out.'))", "connect-timeout"),
        (POOL + "(Caused by SSLError(CertificateError(\"hostname 'x' doesn't match 'y'\")))", "tls-hostname"),
        (POOL + "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate')))", "tls-untrusted"),
        (POOL + "(Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication Required')))", "proxy"),
        ("requests.exceptions.ReadTimeout: HTTPSConnectionPool: Read timed out. (read timeout=30)", "read-timeout"),
        ("('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))", "reset"),
        ("requests.exceptions.ChunkedEncodingError: ('Connection broken: IncompleteRead(0 bytes read)')", "incomplete"),
        ("httpx.ConnectError: [Errno -3] Temporary failure in name resolution", "dns"),
        ("httpx.ConnectError: [Errno 101] Network is unreachable", "unreachable"),
        ("httpx.ReadTimeout: The read operation timed out", "read-timeout"),
        ("httpx.RemoteProtocolError: peer closed connection without sending complete message body", "incomplete"),
        ("httpx.ConnectError", "other"),
        ("urllib.error.URLError: <urlopen error [Errno 61] Connection refused>", "refused"),
        # Node.js
        ("Error: getaddrinfo ENOTFOUND api.acct.test", "dns"),
        ("Error: getaddrinfo EAI_AGAIN api.acct.test:443", "dns"),
        ("connect ECONNREFUSED 127.0.0.1:443", "refused"),
        ("connect ETIMEDOUT 10.0.0.1:443", "connect-timeout"),
        ("read ECONNRESET", "reset"),
        ("Error: socket hang up", "reset"),
        ("AxiosError: timeout of 10000ms exceeded", "read-timeout"),
        ("Error: certificate has expired code: CERT_HAS_EXPIRED", "tls-expired"),
        ("Error: unable to verify the first certificate", "tls-untrusted"),
        ("ERR_TLS_CERT_ALTNAME_INVALID", "tls-hostname"),
        ("TypeError: fetch failed", "other"),
        ("UND_ERR_HEADERS_TIMEOUT: Headers Timeout Error", "read-timeout"),
        # Java
        ("java.net.UnknownHostException: api.acct.test", "dns"),
        ("javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path", "tls-untrusted"),
        ("javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure", "tls-other"),
        ("java.net.SocketTimeoutException: connect timed out", "connect-timeout"),
        ("java.net.SocketTimeoutException: Read timed out", "read-timeout"),
        ("java.net.ConnectException: Connection refused", "refused"),
        ("org.apache.http.NoHttpResponseException: api.acct.test:443 failed to respond", "reset"),
        ("java.io.IOException: unexpected end of stream on https://api.acct.test/...", "incomplete"),
        # .NET
        ("System.Net.Http.HttpRequestException: No such host is known.", "dns"),
        ("The request was aborted: Could not create SSL/TLS secure channel.", "tls-other"),
        ("The remote certificate is invalid according to the validation procedure: RemoteCertificateNameMismatch", "tls-hostname"),
        ("No connection could be made because the target machine actively refused it.", "refused"),
        ("An existing connection was forcibly closed by the remote host.", "reset"),
        ("The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.", "read-timeout"),
        ("System.Net.WebException: The operation has timed out", "read-timeout"),
        # Go
        ("dial tcp: lookup api.acct.test on 8.8.8.8:53: no such host", "dns"),
        ("dial tcp 1.2.3.4:443: i/o timeout", "connect-timeout"),
        ("dial tcp 1.2.3.4:443: connect: connection refused", "refused"),
        ("net/http: TLS handshake timeout", "connect-timeout"),
        ("x509: certificate signed by unknown authority", "tls-untrusted"),
        ("context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "read-timeout"),
        ('Get "https://api.acct.test": EOF', "reset"),
        ("proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused", "proxy"),
        # Ruby
        ("Failed to open TCP connection to api.acct.test:443 (getaddrinfo: Name or service not known)", "dns"),
        ("Net::OpenTimeout: execution expired", "connect-timeout"),
        ("Net::ReadTimeout with #<TCPSocket:(closed)>", "read-timeout"),
        ("OpenSSL::SSL::SSLError: SSL_connect returned=1 errno=0 state=error: certificate verify failed", "tls-untrusted"),
        ("EOFError: end of file reached", "incomplete"),
    ],
)  # fmt: skip
def test_families(text: str, transport: str) -> None:
    assert classify(text) == transport


@pytest.mark.parametrize(
    "text",
    [
        "Mandate is failed, cancelled or expired",
        "Invalid error type gocardless",
        "Access token has expired",
        "ValidationException: The Contact is archived",
        "cURL error 22: The requested URL returned error: 403",
    ],
)
def test_what_a_provider_said_is_no_failure_of_transport(text: str) -> None:
    assert classify(text) is None


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://x", 401),
        ("Request failed with status code 429", 429),
        ("The remote server returned an error: (403) Forbidden.", 403),
        ("resulted in a `400 Bad Request` response", 400),
        ("<HttpError 403 when requesting https://x", 403),
        ("HTTP Error 404: Not Found", 404),
        ("HTTP/1.1 503 Service Unavailable", 503),
        ("Response status code does not indicate success: 500 (Internal Server Error).", 500),
        ("[400] Client error: PUT https://x", 400),
        ("(401)\nReason: Unauthorized", 401),
        ('{"statusCode": 502}', 502),
        ("The requested URL returned error: 403", 403),
        ("Invoice 404 is locked", None),
        ("Total 500 exceeds the limit", None),
        ("HTTP 200", None),
    ],
)
def test_a_status_in_words(text: str, status: int | None) -> None:
    assert status_in(text) == status
