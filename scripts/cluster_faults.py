"""Faults under load over servers that share their sessions, and whether what their clients were answered can be true.

    cluster_faults.py PROGRAM POSTGRES_URL CONTROL GUARD FAULTS SEED

CONTROL is a program that is given `restart`, `crash`, `sql TEXT` or `clock OFFSET` and does that to the database. If the environment
variable CLOCKS names libfaketime, the faults are steps of clocks. Clients append messages
and run turns, each with an Idempotency-Key that is sent again, to any server, until there is an answer; and they look. Every
answer names the version that it made or saw, and no two changes make the same. So one order alone can explain the answers: that
of versions. It does if each operation that began after another had ended has a version that comes after; that is linearizability
(Herlihy and Wing, 1990) of objects whose operations tell their place. In the end each message that was acknowledged must be
there, once, and no reply of a turn behind the beginning of another.

Prints what was done and the longest takeovers. Fails if anything is lost, doubled, out of order or two turns were at work at once.
"""

import asyncio
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

SERVERS = 3
SESSIONS = 6
CLIENTS = 10
LEASE = 2.0
STATEMENT = 2.0
JSON = {"Content-Type": "application/json"}
CLOCKS = os.environ.get("CLOCKS")


class Proxy:
    """Stands between one server and the database, and can be cut."""

    def __init__(self, loop, host, port):
        self.loop, self.target, self.open, self.writers = loop, (host, port), True, set()
        self.port = asyncio.run_coroutine_threadsafe(self.listen(), loop).result()

    async def listen(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        if not self.open:
            writer.transport.abort()
            return
        try:
            there_reader, there_writer = await asyncio.open_connection(*self.target)
        except OSError:
            writer.transport.abort()
            return
        ends = {writer, there_writer}
        self.writers |= ends
        await asyncio.gather(self.pump(reader, there_writer), self.pump(there_reader, writer), return_exceptions=True)
        self.writers -= ends

    async def pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()

    def cut(self, seconds):
        """All connections are gone, and new ones refused for so long."""

        def now():
            self.open = False
            for writer in list(self.writers):
                writer.transport.abort()

        self.loop.call_soon_threadsafe(now)
        time.sleep(seconds)
        self.loop.call_soon_threadsafe(lambda: setattr(self, "open", True))


class Server:
    def __init__(self, program, database, guard, proxy, log, clock):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        rest = database.split("@", 1)[1].split("/", 1)[1]
        self.command = [
            program, "serve", "--listen", f"127.0.0.1:{self.port}", "--guard", guard,
            "--store", f"postgres://postgres@127.0.0.1:{proxy.port}/{rest}", "--lease-time", f"{LEASE:g}s",
            "--lease-margin", "200ms", "--turn-deadline", f"{LEASE:g}s", "--statement-timeout", f"{STATEMENT:g}s",
            "--connections", "6", "--model-time", "100ms", "--model-chunks", "3", "--model-chunk-interval", "60ms",
        ]
        self.proxy, self.process, self.log, self.clock = proxy, None, log, clock
        self.environment = dict(os.environ)
        if CLOCKS:
            self.set_clock("+0")
            self.environment |= {
                "LD_PRELOAD": CLOCKS, "FAKETIME_TIMESTAMP_FILE": clock, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        self.start()

    def set_clock(self, offset):
        with open(self.clock, "w") as file:
            file.write(offset + "\n")

    def start(self):
        """Starts it, and again if the database is not there yet."""
        while True:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=self.environment
            )
            if self.process.stdout.readline().startswith("http"):
                return
            self.process.wait()
            time.sleep(0.1)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait()


class Client(threading.Thread):
    def __init__(self, number, servers, sessions, seed, ending, histories):
        super().__init__(daemon=True)
        self.servers, self.sessions, self.ending, self.histories = servers, sessions, ending, histories
        self.number, self.random = number, random.Random(f"{seed} {number}")
        self.connections, self.count, self.refusals = {}, 0, {}
        self.broken = None

    def ask(self, server, method, path, body=None, headers=None, timeout=8.0):
        """Status and answer, or nothing."""
        connection = self.connections.pop(server, None) or http.client.HTTPConnection(
            "127.0.0.1", server.port, timeout=timeout
        )
        try:
            connection.request(method, path, body, {**JSON, **(headers or {})})
            answer = connection.getresponse()
            data = answer.read()
            self.connections[server] = connection
            return answer.status, json.loads(data) if data else None
        except (OSError, http.client.HTTPException, ValueError):
            connection.close()
            return None, None

    def until_answered(self, method, path, body, key):
        """One request, sent again with its key until there is an answer. Status and answer; nothing when all ends."""
        giving_up = None
        while True:
            server = self.random.choice(self.servers)
            status, answer = self.ask(server, method, path, body, {"Idempotency-Key": key})
            code = (answer or {}).get("code") if status and status >= 400 else None
            if status and code not in self.transient:
                return status, answer
            self.refusals[code or "no answer"] = self.refusals.get(code or "no answer", 0) + 1
            if self.ending.is_set():
                giving_up = giving_up or time.monotonic() + 15 * LEASE
                if time.monotonic() > giving_up:
                    return None, None
            time.sleep(0.01 + self.random.random() * 0.05)

    transient = {
        "busy", "key_in_use", "held_elsewhere", "contended", "store_unavailable", "timed_out", "turn_lost",
        "shutting_down", "too_many_requests",
    }

    def run(self):
        try:
            while not self.ending.is_set():
                self.operation()
        except Exception as error:  # what it is matters to who reads the trial
            self.broken = repr(error)

    def operation(self):
        session = self.random.choice(self.sessions)
        path, history = f"/v1/contexts/{session}", self.histories[session]
        kind = self.random.random()
        began = time.monotonic()
        if kind < 0.5:
            server = self.random.choice(self.servers)
            status, answer = self.ask(server, "GET", f"{path}/state")
            if status == 200:
                history.append((began, time.monotonic(), answer["version"], "look", None))
            return
        self.count += 1
        text, key = f"{self.number}.{self.count}", str(uuid.UUID(int=self.random.getrandbits(128)))
        says = json.dumps({"role": "user", "content": text})
        if kind < 0.9:
            status, answer = self.until_answered("POST", f"{path}/messages", says, key)
            what, version = "append", answer and answer.get("version")
        else:
            status, answer = self.until_answered("POST", f"{path}/actions/send_message", says, key)
            what, version = "turn", answer and answer.get("began")
        if status in (200, 201):
            history.append((began, time.monotonic(), version, what, text))
        elif status is not None:
            raise RuntimeError(f"{what} {text}: {status} {answer}")
        else:
            history.append((began, None, None, what, text))


def disorder(history, excused):
    """Two operations whose versions contradict their times, if there are any; and versions that were made twice.

    A look that began at one of the excused times may be old: just after a step of the database's clock, for as long as a lease lasts.
    """
    done = [it for it in history if it[1] is not None]
    by_end, latest, at = sorted(done, key=lambda it: it[1]), (0, None), 0
    made = {}
    for it in done:
        if it[3] != "look":
            if it[2] in made:
                return f"version {it[2]} was made twice: {made[it[2]]} and {it}"
            made[it[2]] = it
    for it in sorted(done, key=lambda it: it[0]):
        if it[3] == "look" and any(step <= it[1] and it[0] <= step + LEASE for step in excused):
            continue
        while at < len(by_end) and by_end[at][1] < it[0]:
            if by_end[at][2] > latest[0]:
                latest = (by_end[at][2], by_end[at])
            at += 1
        least = latest[0] if it[3] == "look" else latest[0] + 1
        if it[2] < least:
            return f"{it} began after {latest[1]} had ended"
    return None


def judged(histories, servers, client, excused):
    """What is wrong, in words."""
    wrong = []
    for session, history in histories.items():
        path = f"/v1/contexts/{session}"
        found = disorder(history, excused)
        if found:
            wrong.append(f"{session}: {found}")
        messages, offset = [], 0
        while True:
            status, page = client.ask(servers[0], "GET", f"{path}/messages?limit=1000&offset={offset}")
            if status != 200:
                time.sleep(0.1)
                continue
            messages += page["messages"]
            offset += len(page["messages"])
            if not page["messages"] or offset >= page["total"]:
                break
        texts = [message["content"][0]["text"] for message in messages if message["role"] == "user"]
        places = {}
        for place, text in enumerate(texts):
            if text in places:
                wrong.append(f"{session}: {text} is there twice")
            places[text] = place
        acknowledged = [it for it in history if it[3] != "look" and it[1] is not None]
        for it in acknowledged:
            if it[4] not in places:
                wrong.append(f"{session}: {it[4]} was acknowledged and is lost")
        known = {it[4] for it in history if it[3] != "look"}
        wrong += [f"{session}: {text} was never sent" for text in texts if text not in known]
        in_order = [it[4] for it in sorted(acknowledged, key=lambda it: it[2]) if it[4] in places]
        if [places[text] for text in in_order] != sorted(places[text] for text in in_order):
            wrong.append(f"{session}: messages are not in the order of their versions")
        # At most one reply behind each beginning of a turn, and none before the first.
        turns = {it[4] for it in history if it[3] == "turn"}
        replies = 0
        for message in messages:
            if message["role"] == "user" and message["content"][0]["text"] in turns:
                replies = 1
            elif message["role"] == "assistant":
                replies -= 1
                if replies < 0:
                    wrong.append(f"{session}: message {message['id']} is a reply of a turn behind another's beginning")
    return wrong


def main():
    program, database, control, guard, faults, seed = sys.argv[1:]
    faults, draw = int(faults), random.Random(f"{seed} {guard}")
    host, port = database.split("@", 1)[1].split("/")[0].split(":")
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    log = open(f"{control}.log", "a")
    servers = [
        Server(program, database, guard, Proxy(loop, host, int(port)), log, f"{control}.{number}.clock")
        for number in range(SERVERS)
    ]
    ending, histories = threading.Event(), {}
    sessions = []
    judge = Client(-1, servers, sessions, seed, ending, histories)
    for _ in range(SESSIONS):
        status, answer = judge.ask(servers[0], "POST", "/v1/contexts", '{"model_id":"m","mode":"chat"}')
        assert status == 201, answer
        sessions.append(answer["id"])
        histories[answer["id"]] = []
    clients = [Client(number, servers, sessions, seed, ending, histories) for number in range(CLIENTS)]
    for client in clients:
        client.start()

    def to_database(*what):
        subprocess.run([control, *what], check=True, stdout=subprocess.DEVNULL)

    def psql(sql):
        subprocess.run([control, "sql", sql], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    takeovers = []

    def takeover(gone):
        """How long the others take to answer for every session."""
        began = time.monotonic()
        others = [server for server in servers if server is not gone]
        asker = Client(-2, others, sessions, seed, ending, histories)
        for session in sessions:
            while asker.ask(draw.choice(others), "GET", f"/v1/contexts/{session}/state", timeout=2.0)[0] != 200:
                time.sleep(0.01)
        takeovers.append(time.monotonic() - began)

    def killed(server):
        server.process.kill()
        server.process.wait()
        takeover(server)
        server.start()

    def stopped(server):
        server.process.send_signal(signal.SIGSTOP)
        takeover(server)
        # Past its lease, whatever the others have done.
        time.sleep(draw.uniform(0.5, 1.0) * LEASE)
        server.process.send_signal(signal.SIGCONT)

    kinds = {
        "server killed": lambda: killed(draw.choice(servers)),
        "server stopped past its lease": lambda: stopped(draw.choice(servers)),
        "server cut off from the database": lambda: draw.choice(servers).proxy.cut(draw.uniform(0.2, 1.2) * LEASE),
        "all connections ended by the database": lambda: psql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        ),
        "database restarted": lambda: to_database("restart"),
        "database crashed": lambda: to_database("crash"),
        "pools exhausted": lambda: psql(f"BEGIN; LOCK TABLE sessions; SELECT pg_sleep({STATEMENT + 0.5}); COMMIT"),
    }
    excused = []

    def database_clock(offset):
        # From just before it: when the step is seen is not known better.
        excused.append(time.monotonic())
        to_database("clock", offset)
        # For so long at most a read may be old; and the next step comes after that.
        time.sleep(1.5 * LEASE)

    if CLOCKS:
        kinds = {
            "the database's clock an hour forward": lambda: database_clock("+3600"),
            "the database's clock an hour back": lambda: database_clock("+0"),
            "a server's clock an hour forward": lambda: draw.choice(servers).set_clock("+3600"),
            "a server's clock an hour back": lambda: draw.choice(servers).set_clock("-3600"),
        }
    counts = dict.fromkeys(kinds, 0)
    for nth in range(faults):
        # Each kind as often, in an order that is drawn.
        kind = draw.choice([it for it in kinds if counts[it] == min(counts.values())])
        counts[kind] += 1
        kinds[kind]()
        time.sleep(draw.uniform(0.2, 0.8))
    ending.set()
    for client in clients:
        client.join()
    wrong = [client.broken for client in clients if client.broken] + judged(histories, servers, judge, excused)
    refusals = {}
    for client in clients:
        for code, count in client.refusals.items():
            refusals[code] = refusals.get(code, 0) + count
    done = [it for history in histories.values() for it in history]
    count = {what: sum(it[3] == what and it[1] is not None for it in done) for what in ("append", "turn", "look")}
    unanswered = sum(it[1] is None for it in done)
    print(f"{guard}: {faults} faults ({', '.join(f'{count} {kind}' for kind, count in counts.items() if count)})")
    print(f"  {count['append']} appends and {count['turn']} turns acknowledged, {count['look']} looks; {unanswered} without an answer")
    print(f"  sent again after: {', '.join(f'{code} {count}' for code, count in sorted(refusals.items()))}")
    if takeovers:
        print(f"  takeover after a kill or a stop: {max(takeovers):.2f} s at most of {len(takeovers)} (a lease lasts {LEASE:g} s; wanted: within two)")
    codes = {server.end() for server in servers}
    if codes != {0}:
        wrong.append(f"servers ended with {codes}")
    if takeovers and max(takeovers) > 2 * LEASE:
        wrong.append(f"a takeover took {max(takeovers):.2f} s")
    for words in wrong[:20]:
        print(f"BROKEN  {words}")
    print("  nothing lost, nothing doubled, linearizable, one turn at a time" if not wrong else f"  {len(wrong)} broken")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
