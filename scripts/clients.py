"""The clients that Python has, against a server of scripts/clients.sh: http.client, requests and aiohttp.

    python clients.py URL

Each: a hundred refusals for size with a request after each, bodies in chunks, an answer without a body, and
connections that are used again. Prints what is kept and what is broken; the exit code says whether anything is.
"""

import asyncio
import http.client
import json
import sys
import time
import traceback
from urllib.parse import urlsplit

import aiohttp
import requests

URL = sys.argv[1]
SERVER = urlsplit(URL)
JSON = {"Content-Type": "application/json"}
MESSAGE = {"role": "user", "content": "hello"}
BODY = json.dumps(MESSAGE).encode()
# Just too large, so that the rest is read; and so large that the connection is closed.
SIZES = [(1 << 20) + 1, 4 << 20]
REFUSALS = 100
broken = 0


def promise(what, kept):
    """Runs one; what it raises says why it is broken."""
    global broken
    try:
        kept()
        print(f"kept    {what}")
    except Exception:  # whatever a client says of it
        broken += 1
        print(f"BROKEN  {what}")
        print("        " + traceback.format_exc(limit=-2).replace("\n", "\n        "))
    sys.stdout.flush()


def equal(found, wanted):
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def in_chunks():
    for at in range(0, len(BODY), 7):
        yield BODY[at : at + 7]


def too_large(size):
    return BODY + b" " * (size - len(BODY))


# http.client


def connect():
    return http.client.HTTPConnection(SERVER.hostname, SERVER.port, timeout=20)


def asked(connection, method, path, body=None, headers=JSON, **more):
    connection.request(method, path, body, headers, **more)
    answer = connection.getresponse()
    return answer, answer.read()


def context():
    answer, body = asked(connect(), "POST", "/v1/contexts", b'{"model_id":"m","mode":"chat"}')
    equal(answer.status, 201)
    return "/v1/contexts/" + json.loads(body)["id"]


def http_client_goes_on(size, chunked):
    path, connection, refused, done = context() + "/messages", connect(), 0, 0
    large = too_large(size)
    for _ in range(REFUSALS):
        body = (large[at : at + 65536] for at in range(0, size, 65536)) if chunked else large
        try:
            connection.request("POST", path, body, JSON, encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server takes no more; it has said why
        answer = connection.getresponse()
        refused += answer.status == 413
        answer.read()
        answer, _ = asked(connection, "POST", path, BODY)
        done += answer.status == 201
    equal((refused, done), (REFUSALS, REFUSALS))


def http_client_keeps_its_connection():
    path, connection = context(), connect()
    connection.connect()
    first = connection.sock
    for _ in range(REFUSALS):
        answer, body = asked(connection, "POST", path + "/messages", BODY)
        equal(answer.status, 201)
        answer, body = asked(connection, "GET", path + "/state", headers={"If-None-Match": answer.headers["ETag"]})
        equal((answer.status, body), (304, b""))
        answer, body = asked(connection, "HEAD", path)
        equal((answer.status, body), (200, b""))
        answer, _ = asked(connection, "POST", path + "/messages", b"{")
        equal(answer.status, 400)
        answer, _ = asked(connection, "GET", "/v1/contexts/none")
        equal(answer.status, 400)
    assert connection.sock is first, "the connection was opened again"


def http_client_sends_chunks():
    path, connection = context(), connect()
    for _ in range(REFUSALS):
        answer, _ = asked(connection, "POST", path + "/messages", in_chunks(), encode_chunked=True)
        equal(answer.status, 201)
    _, body = asked(connection, "GET", path + "/messages?limit=1000")
    equal({it["content"][0]["text"] for it in json.loads(body)["messages"]}, {"hello"})


# requests


def opened(session):
    return sum(pool.num_connections for pool in session.adapters["http://"].poolmanager.pools._container.values())


def requests_goes_on(size):
    session, path = requests.Session(), URL + context() + "/messages"
    large, done = too_large(size), 0
    for _ in range(REFUSALS):
        equal(session.post(path, data=large, headers=JSON, timeout=20).status_code, 413)
        done += session.post(path, json=MESSAGE, timeout=20).status_code == 201
    equal(done, REFUSALS)


def requests_keeps_its_connection():
    session, path = requests.Session(), URL + context()
    for _ in range(REFUSALS):
        answer = session.post(path + "/messages", json=MESSAGE, timeout=20)
        equal(answer.status_code, 201)
        equal(session.post(path + "/messages", data=in_chunks(), headers=JSON, timeout=20).status_code, 201)
        etag = session.get(path, timeout=20).headers["ETag"]
        answer = session.get(path, headers={"If-None-Match": etag}, timeout=20)
        equal((answer.status_code, answer.content), (304, b""))
        equal(session.head(path, timeout=20).status_code, 200)
        equal(session.put(path, json={}, timeout=20).status_code, 422)
    equal(opened(session), 1)


# aiohttp


def counted(opened):
    trace = aiohttp.TraceConfig()

    async def on_create(*_):
        opened.append(1)

    trace.on_connection_create_end.append(on_create)
    timeout = aiohttp.ClientTimeout(total=30)
    return aiohttp.ClientSession(trace_configs=[trace], timeout=timeout)


async def aiohttp_goes_on(size):
    path, done, large = URL + context() + "/messages", 0, too_large(size)
    async with counted([]) as session:
        for _ in range(REFUSALS):
            async with session.post(path, data=large, headers=JSON) as answer:
                equal(answer.status, 413)
            async with session.post(path, json=MESSAGE) as answer:
                done += answer.status == 201
    equal(done, REFUSALS)


async def aiohttp_keeps_its_connection():
    async def chunks():
        for chunk in in_chunks():
            yield chunk

    path, opened = URL + context(), []
    async with counted(opened) as session:
        for _ in range(REFUSALS):
            async with session.post(path + "/messages", json=MESSAGE) as answer:
                equal(answer.status, 201)
                etag = answer.headers["ETag"]
            async with session.get(path + "/state", headers={"If-None-Match": etag}) as answer:
                equal((answer.status, await answer.read()), (304, b""))
            async with session.post(path + "/messages", data=chunks(), headers=JSON) as answer:
                equal(answer.status, 201)
            async with session.post(path + "/messages", json=MESSAGE, expect100=True) as answer:
                equal(answer.status, 201)
            async with session.head(path) as answer:
                equal(answer.status, 200)
    equal(len(opened), 1)


async def aiohttp_reads_a_turn():
    events, path = [], URL + context() + "/actions/send_message"
    async with counted([]) as session:
        async with session.post(path, json=MESSAGE, headers={"Accept": "text/event-stream"}) as answer:
            equal((answer.status, answer.content_type), (200, "text/event-stream"))
            async for line in answer.content:
                if line.startswith(b"event: "):
                    events.append((time.monotonic(), line[7:].strip().decode()))
    texts = [at for at, name in events if name == "text"]
    equal((len(texts), events[-1][1]), (10, "done"))
    assert texts[-1] - texts[0] > 0.45, "its words came together"


for size in SIZES:
    shown = f"{REFUSALS} of {REFUSALS} after a body of {size:,} bytes was refused"
    promise(f"http.client: {shown}", lambda: http_client_goes_on(size, False))
    promise(f"http.client, in chunks: {shown}", lambda: http_client_goes_on(size, True))
    promise(f"requests: {shown}", lambda: requests_goes_on(size))
    promise(f"aiohttp: {shown}", lambda: asyncio.run(aiohttp_goes_on(size)))
promise("http.client: one connection for 304, HEAD and refusals", http_client_keeps_its_connection)
promise("http.client: bodies in chunks", http_client_sends_chunks)
promise("requests: one connection for 304, HEAD, chunks and refusals", requests_keeps_its_connection)
kept = "aiohttp: one connection for 304, HEAD, chunks and Expect: 100-continue"
promise(kept, lambda: asyncio.run(aiohttp_keeps_its_connection()))
promise("aiohttp: a turn arrives as it runs", lambda: asyncio.run(aiohttp_reads_a_turn()))
sys.exit(broken > 0)
