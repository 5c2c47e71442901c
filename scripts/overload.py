"""The worst that clients can do to one server, all at once, and an ordinary client beside them.

For scripts/overload.sh.

    python3 overload.py URL PID SECONDS LIMIT

Each kind of abuse is a process of its own, of low priority, so that it takes from the machine what is left. The
ordinary client is one of usual priority. Prints what was answered to whom, the latencies of the ordinary client, and
the most memory that the server has had; at four times LIMIT, which is in MiB, the trial is given up. The exit code is
1 if the server is gone, if it had more than LIMIT, or if the ordinary client met anything but answers and documented
refusals.
"""

import asyncio
import collections
import http.client
import itertools
import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from urllib.parse import urlsplit

URL, PID, SECONDS, LIMIT = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
SERVER = urlsplit(URL)
END = time.monotonic() + SECONDS
# The default of --max-body.
LARGEST = 1 << 20
SETTINGS = b'{"model_id":"m","mode":"chat"}'
# One that no other request has, as long as they usually may be.
KEYS = (f"Idempotency-Key: {os.urandom(4).hex()}-{nth:0100}" for nth in itertools.count())
HELLO = b'{"role":"user","content":"hello"}'
# What is answered whatever is busy.
PROBES = ["healthz", "readyz", "metrics"]
# What a server that is asked for too much may say.
REFUSALS = {408, 413, 429, 503, 507}
# How long a kind of abuse waits that was refused.
PATIENCE = 0.05


def filled(beginning, each, end, size=LARGEST):
    """As many of these as a body of the largest size can have."""
    count = (size - len(beginning) - len(end) + 1) // (len(each) + 1)
    return beginning + b",".join([each] * count) + end


def bombs():
    """Bodies of the largest size that need the most memory once they are read, and where to send each."""

    def parameters(beginning, each, end):
        return "PUT", "", filled(b'{"parameters":{"x":' + beginning, each, end + b"}}")

    keys = b",".join(b'"%d":0' % nth for nth in range(95_000))
    deep = b"[" * 50 + b"0" + b"]" * 50
    return [
        parameters(b"[", b'{"a":0}', b"]"),
        parameters(b"[", b'{"a":{"a":{"a":0}}}', b"]"),
        parameters(b"[", b'{"a":""}', b"]"),
        parameters(b"[", b"[[]]", b"]"),
        parameters(b"[", b"0", b"]"),
        parameters(b"[", deep, b"]"),
        ("PUT", "", b'{"parameters":{' + keys + b"}}"),
        ("PUT", "", b'{"mode":"' + b"x" * (LARGEST - 20) + b'"}'),
        ("POST", "/messages", filled(b'{"role":"user","content":[', b'{"type":"text","text":"x"}', b"]}")),
        ("POST", "/messages", b'{"role":"user","content":"' + rb"\n" * (LARGEST // 2 - 20) + b'"}'),
    ]


BOMBS = bombs()


class Connection:
    """One connection, opened when it is needed and again after it was closed."""

    def __init__(self, answers, room=None):
        self.answers, self.room, self.streams = answers, room, None

    async def open(self):
        if self.streams is None:
            it = socket.socket()
            it.setblocking(False)
            if self.room:
                it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.room)
            try:
                await asyncio.get_running_loop().sock_connect(it, (SERVER.hostname, SERVER.port))
                limit = self.room or 1 << 16
                self.streams = await asyncio.open_connection(sock=it, limit=limit)
            except BaseException:
                it.close()
                raise
        return self.streams

    def close(self):
        if self.streams:
            self.streams[1].transport.abort()
        self.streams = None

    async def send(self, method, path, body=b"", *headers, length=None):
        _, writer = await self.open()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {SERVER.netloc}", *headers]
        if body or length is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body) if length is None else length}"]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()

    async def receive(self):
        reader, _ = self.streams
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(head.split(" ", 2)[1])
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.answers[status] += 1
        if headers.get("connection") == "close":
            self.close()
        return status, body

    async def ask(self, *request, **more):
        """Status and body; none if the connection broke."""
        try:
            async with asyncio.timeout(40):
                await self.send(*request, **more)
                return await self.receive()
        except (OSError, EOFError, asyncio.LimitOverrunError, TimeoutError) as error:
            # An answer may have come before the connection was closed on what was still being written.
            self.answers[type(error).__name__] += 1
            self.close()
            return None, b""

    async def context(self):
        """The path of a new context, as soon as there is room for one."""
        while time.monotonic() < END:
            status, body = await self.ask("POST", "/v1/contexts", SETTINGS)
            if status == 201:
                return "/v1/contexts/" + json.loads(body)["id"]
            await asyncio.sleep(PATIENCE * 4)
        raise asyncio.CancelledError


async def slow_bodies(answers, nth):
    """Bodies that hardly arrive. In the last third of the trial every second one has most of it there at once: these
    take the room of all bodies, and would keep the others out from the beginning."""
    connection = Connection(answers)
    # Not all of them in one moment.
    await asyncio.sleep(nth % 100 / 20)
    while time.monotonic() < END:
        try:
            is_large = nth % 2 and time.monotonic() > END - SECONDS / 3
            first = b'{"parameters":{"x":"' + b"x" * (900_000 if is_large else 10)
            await connection.send("POST", "/v1/contexts", first, length=LARGEST)
            answer = asyncio.ensure_future(connection.receive())
            while not answer.done() and time.monotonic() < END:
                await asyncio.wait([answer], timeout=1)
                if connection.streams:
                    connection.streams[1].write(b"x")
            if answer.done():
                answer.result()
            answer.cancel()
        except (OSError, EOFError) as error:
            answers[type(error).__name__] += 1
        connection.close()
        await asyncio.sleep(PATIENCE)


async def slow_heads(answers, nth):
    """Heads that are as large as they may be but for their end."""
    await asyncio.sleep(nth % 1000 / 50)
    while time.monotonic() < END:
        connection = Connection(answers)
        try:
            reader, writer = await connection.open()
            writer.write(f"GET /readyz HTTP/1.1\r\nHost: {SERVER.netloc}\r\nX: ".encode() + b"x" * 31_000)
            answers["begun"] += 1
            async with asyncio.timeout(max(0.1, END - time.monotonic())):
                await reader.read(1)
        except (OSError, TimeoutError) as error:
            answers[type(error).__name__] += 1
        connection.close()
        await asyncio.sleep(1)


async def unread_pages(answers, nth, context):
    """Asks for the largest pages there are, again and again over one connection, and reads no byte."""
    while time.monotonic() < END:
        connection = Connection(answers, room=2048)
        try:
            for _ in range(20):
                path = "/v1/contexts?limit=1000" if nth % 4 == 0 else context[0] + "/messages?limit=1000"
                await connection.send("GET", path)
            connection.streams[0]._transport.pause_reading()
            answers["asked"] += 1
            await asyncio.sleep(min(35, max(0, END - time.monotonic())))
        except OSError as error:
            answers[type(error).__name__] += 1
        connection.close()
        await asyncio.sleep(PATIENCE)


async def large_pages(answers, nth, context):
    """The same pages, by clients that read them, a little at a time."""
    connection = Connection(answers)
    while time.monotonic() < END:
        status, _ = await connection.ask("GET", context[0] + "/messages?limit=1000")
        await asyncio.sleep(0.5 if status == 200 else PATIENCE)


async def a_long_context(answers):
    """A context whose pages are as large as they become."""
    connection = Connection(answers)
    path = await connection.context()
    body = b'{"role":"user","content":"' + b"x" * 200_000 + b'"}'
    for _ in range(300):
        if (await connection.ask("POST", path + "/messages", body))[0] in (413, 507):
            break
    return path


async def memory_hungry_json(answers, nth):
    """One body after another that needs much memory, to contexts that keep it."""
    connection = Connection(answers)
    for turn, (method, path, body) in zip(itertools.count(), itertools.cycle(BOMBS)):
        if time.monotonic() > END:
            break
        if turn % 3 == 0:
            context = await connection.context()
        status, _ = await connection.ask(method, context + path, body)
        if status not in (200, 201):
            await asyncio.sleep(PATIENCE)


async def huge_messages(answers, nth):
    """Messages of nearly the largest size to one context after another."""
    connection, body = Connection(answers), b'{"role":"user","content":"' + b"x" * (LARGEST - 100) + b'"}'
    context = await connection.context()
    for turn in itertools.count():
        if time.monotonic() > END:
            break
        status, _ = await connection.ask("POST", context + "/messages", body, next(KEYS))
        if status != 201 or turn % 50 == 49:
            # A smaller one may be taken where this was not.
            await connection.ask("POST", context + "/messages", body[: len(body) // 16] + b'"}')
            await asyncio.sleep(PATIENCE)
            context = await connection.context()


async def many_sessions(answers, nth):
    """One context after another, each with one message, and every request with a key to be remembered."""
    connection = Connection(answers)
    while time.monotonic() < END:
        status, body = await connection.ask("POST", "/v1/contexts", SETTINGS, next(KEYS))
        if status == 201:
            path = "/v1/contexts/" + json.loads(body)["id"] + "/messages"
            await connection.ask("POST", path, HELLO, next(KEYS))
        else:
            await asyncio.sleep(PATIENCE)


async def unread_turns(answers, nth):
    """Turns that are streamed to clients who do not read."""
    await asyncio.sleep(nth % 100 / 10)
    creator = Connection(answers)
    context = await creator.context()
    creator.close()
    while time.monotonic() < END:
        connection = Connection(answers, room=2048)
        try:
            await connection.send(
                "POST", context + "/actions/send_message", HELLO, "Accept: text/event-stream"
            )
            connection.streams[0]._transport.pause_reading()
            answers["begun"] += 1
            await asyncio.sleep(min(10, max(0, END - time.monotonic())))
        except OSError as error:
            answers[type(error).__name__] += 1
        connection.close()
        await asyncio.sleep(1)


async def idle_connections(answers, nth):
    """Connections that say nothing."""
    await asyncio.sleep(nth % 100 / 20)
    while time.monotonic() < END:
        connection = Connection(answers)
        try:
            reader, _ = await connection.open()
            answers["open"] += 1
            async with asyncio.timeout(max(0.1, END - time.monotonic())):
                await reader.read(1)
        except (OSError, TimeoutError) as error:
            answers[type(error).__name__] += 1
        connection.close()
        await asyncio.sleep(1)


async def after_a_refusal(answers, nth):
    """A body that is too large, and a request after it."""
    connection = Connection(answers)
    context = await connection.context()
    for turn in itertools.count():
        if time.monotonic() > END:
            break
        await connection.ask("POST", context + "/messages", HELLO + b" " * (LARGEST if turn % 2 else 2 * LARGEST))
        status, _ = await connection.ask("POST", context + "/messages", HELLO)
        if status in (413, 507):
            context = await connection.context()
        await asyncio.sleep(PATIENCE)


async def both_kinds_of_readers(answers, nth, context):
    await (large_pages if nth < 4 else unread_pages)(answers, nth, context)


# Each with how many there are of it.
ABUSES = [
    (slow_heads, 10_000),
    (slow_bodies, 1100),
    (both_kinds_of_readers, 44),
    (memory_hungry_json, 16),
    (huge_messages, 8),
    (many_sessions, 8),
    (unread_turns, 1200),
    (idle_connections, 2000),
    (after_a_refusal, 4),
]


def abuse(kind, count, pipe):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(10)
    answers = collections.Counter()

    async def one(nth, *more):
        try:
            await kind(answers, nth, *more)
        except asyncio.CancelledError:
            pass

    async def all_of_them():
        more = []
        try:
            if kind is both_kinds_of_readers:
                more = [[await a_long_context(answers)]]
            everyone = asyncio.gather(*(one(nth, *more) for nth in range(count)), return_exceptions=True)
            for error in await asyncio.wait_for(everyone, max(1, END - time.monotonic() + 5)):
                if error is not None:
                    answers[f"our own fault: {error!r}"] += 1
        except (TimeoutError, asyncio.CancelledError):
            pass

    asyncio.run(all_of_them())
    pipe.send(answers)


def ordinary(pipe):
    """Creates a context, appends, reads: what it was answered, and the time of each in seconds."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    answers, times, strange = collections.Counter(), collections.defaultdict(list), collections.Counter()
    connection, context = http.client.HTTPConnection(SERVER.hostname, SERVER.port, timeout=20), None

    def ask(name, method, path, body=None):
        begun = time.monotonic()
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            text = answer.read()
        except Exception as error:  # whatever a client may meet
            connection.close()
            strange[f"{name}: {error!r}"] += 1
            times[name].append(time.monotonic() - begun)
            return None, b""
        times[name].append(time.monotonic() - begun)
        answers[f"{name} {answer.status}"] += 1
        if answer.status >= 300:
            code = json.loads(text).get("code") if "problem+json" in answer.headers.get("Content-Type", "") else None
            if answer.status not in REFUSALS or code is None:
                strange[f"{name}: {answer.status} {text[:200]!r}"] += 1
            else:
                answers[f"{name} {answer.status} {code}"] += 1
        return answer.status, text

    next_at = time.monotonic()
    for turn in itertools.count():
        if time.monotonic() > END:
            break
        if turn % 10 == 0:
            connection.close()  # a new one must find a place as well
            status, text = ask("create", "POST", "/v1/contexts", SETTINGS)
            if status == 201:
                context = "/v1/contexts/" + json.loads(text)["id"]
            for probe in PROBES:
                if ask(probe, "GET", "/" + probe)[0] not in (200, None):
                    strange[f"{probe} is not 200"] += 1
        if context:
            ask("append", "POST", context + "/messages", HELLO)
            ask("state", "GET", context + "/state")
            ask("messages", "GET", context + "/messages?limit=50")
        next_at = max(next_at + 0.05, time.monotonic() - 0.05)
        time.sleep(max(0, next_at - time.monotonic()))
    pipe.send((answers, dict(times), strange))


def memory():
    """What the server has in memory now, and the most it had, in MiB; none if it is gone."""
    try:
        lines = dict(line.split(":", 1) for line in open(f"/proc/{PID}/status"))
        return int(lines["VmRSS"].split()[0]) >> 10, int(lines["VmHWM"].split()[0]) >> 10
    except (OSError, KeyError):  # one that has ended and was not waited for has no memory
        return None


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(len(times) * share))] * 1000 if times else float("nan")


def shown(answers):
    return ", ".join(f"{key}: {count}" for key, count in sorted(answers.items(), key=lambda it: str(it[0])))


def main():
    # So that the processes are ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
    context = multiprocessing.get_context("fork")
    processes = []
    for target, arguments in [(ordinary, ())] + [(abuse, it) for it in ABUSES]:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
        process.start()
        processes.append((arguments[0].__name__ if arguments else "ordinary", process, ours))
    resident = highest = 0
    fault = None
    every = max(1, int(SECONDS / 10))
    for second in itertools.count():
        now = memory()
        if now is None:
            fault = f"the server is gone after {second} s, with {highest} MiB"
            break
        resident, highest = now
        if second % every == 0:
            print(f"  {second:4} s  {resident:6} MiB  load {os.getloadavg()[0]:.1f}", flush=True)
        if highest > 4 * LIMIT:
            fault = f"given up after {second} s, with {highest} MiB"
            break
        if time.monotonic() > END:
            break
        time.sleep(1)
    results = {}
    for name, process, pipe in processes:
        if fault is None and pipe.poll(90):
            results[name] = pipe.recv()
        process.terminate()
        process.join()
    for name, _, _ in processes[1:]:
        if name in results:
            print(f"  {name.replace('_', ' ')}: {shown(results[name])}")
    broken = []
    if fault:
        broken.append(fault)
    else:
        time.sleep(1)
        if (now := memory()) is None:
            broken.append("the server is gone at the end")
        else:
            resident, highest = now
    if highest > LIMIT:
        broken.append(f"it had {highest} MiB")
    if "ordinary" in results:
        answers, times, strange = results["ordinary"]
        print(f"  the ordinary client: {shown(answers)}")
        every = [it for name, each in times.items() if name not in PROBES for it in each]
        for name, each in [*times.items(), ("all", every)]:
            row = "  ".join(f"{label} {percentile(each, share):7.1f}" for label, share in
                            [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("most", 1)])
            print(f"  {name:9} {len(each):6} requests  {row} ms")
        p99, load = percentile(every, 0.99), os.getloadavg()[0]
        print(f"  p99 of the ordinary client: {p99:.1f} ms (wanted: at most 50; load average {load:.1f})")
        if strange:
            broken.append(f"the ordinary client met what is not documented: {shown(strange)}")
        if not any(" 200" in key for key in answers):
            broken.append("the ordinary client was never served")
    elif not fault:
        broken.append("the ordinary client did not come to an end")
    print(f"  highest resident: {highest} MiB (wanted: at most {LIMIT})")
    for each in broken:
        print(f"BROKEN  {each}")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
