from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from syncdoctor.wire import proxies


def test_threads_that_begin_together_read_the_certificates_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []
    made = httpx2.create_ssl_context()

    def slowly() -> object:
        read.append(threading.get_ident())
        time.sleep(0.05)
        return made

    monkeypatch.setattr("syncdoctor.wire.proxies.httpx2.create_ssl_context", slowly)
    proxies._read_certificates.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        given = [pool.submit(proxies.certificates) for _ in range(8)]
    proxies._read_certificates.cache_clear()
    assert all(future.result() is made for future in given)
    assert len(read) == 1
