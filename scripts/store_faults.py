"""What the durable store promises, tried on the server from outside: killed in write-behind, and on disks that fill up.
For scripts/kills.sh.

    python3 store_faults.py kills LOCKYARD COUNT
    python3 store_faults.py full-disks LOCKYARD COUNT

Kills: clients append without a pause, the process is killed at a moment that no one chose, and what is lost must have
been acknowledged less than the interval before. Full disks: the file may grow no further (a limit on the size of
files, which is lifted later); writers must be told, in both durability modes; then all acknowledged before is there,
and writes are taken again. The exit code is 1 if a promise is broken, and the seed of each round is its number.
"""

import http.client
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

KIND, LOCKYARD, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
INTERVAL = 0.2
CONTEXTS = CLIENTS = 4
PATIENCE = 20
# What runs, to be ended with this.
running = set()


class Server:
    """The program over a file. `most` bounds the size of files, in bytes, until the disk is given room."""

    def __init__(self, path, *args, most=None):
        def before():
            if most is not None:
                # Else the process is killed where a disk would say that it is full.
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

        command = [LOCKYARD, "serve", "--listen", "127.0.0.1:0", "--store", f"redb:{path}", *args]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=before, restore_signals=False
        )
        running.add(self.process)
        line = self.process.stdout.readline().decode().strip()
        assert line.startswith("http://"), f"it does not serve: {line}"
        self.host, port = line.removeprefix("http://").split(":")
        self.port = int(port)

    def client(self):
        return http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)

    def kill(self):
        self.process.kill()
        self.ended()

    def ended(self):
        self.process.wait()
        self.process.stdout.close()
        running.discard(self.process)


def asked(client, method, path, body=None):
    """Status and body; 0 if the server is gone."""
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        client.request(method, path, json.dumps(body) if body else None, headers)
        answer = client.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        client.close()
        return 0, b""


def new_contexts(server):
    client = server.client()
    bodies = [asked(client, "POST", "/v1/contexts", {"model_id": "m", "mode": "chat"}) for _ in range(CONTEXTS)]
    assert all(status == 201 for status, _ in bodies), bodies
    return ["/v1/contexts/" + json.loads(body)["id"] for _, body in bodies]


def append(client, context, text, padding=0):
    body = {"role": "user", "content": text + " " * padding}
    return asked(client, "POST", context + "/messages", body)[0]


def there(server, context):
    """All that is said in a context."""
    client, texts = server.client(), []
    while True:
        status, body = asked(client, "GET", f"{context}/messages?limit=1000&offset={len(texts)}")
        assert status == 200, f"{context}: {status} {body[:200]!r}"
        page = json.loads(body)
        texts += [message["content"][0]["text"].rstrip() for message in page["messages"]]
        if len(texts) >= page["total"]:
            return texts


def judge(server, contexts, acknowledged, tried, promised):
    """What is lost or there that must not be; `promised` says whether what was acknowledged at a time must be there."""
    wrong, lost, oldest = [], 0, None
    for context in contexts:
        texts = there(server, context)
        if len(texts) != len(set(texts)):
            wrong.append(f"{context}: a message is there twice")
        if set(texts) - tried[context]:
            wrong.append(f"{context}: a message that was never sent")
        for text, (_, at) in acknowledged[context].items():
            if text not in set(texts):
                lost += 1
                oldest = at if oldest is None else min(oldest, at)
                if promised(at):
                    wrong.append(f"{context}: {text} was acknowledged and is lost")
    return wrong, lost, oldest


def write_until(stop, server, contexts, acknowledged, tried, padding=0):
    """Clients that append without a pause. Each ends when it is told to, or at what is not 201; how they ended."""
    ended = []

    def one(nth):
        client, number, status = server.client(), 0, 201
        while not stop.is_set() and status == 201:
            context = contexts[(nth + number) % len(contexts)]
            text = f"{nth}/{number}/{time.monotonic_ns()}"
            tried[context].add(text)
            begun = time.monotonic()
            status = append(client, context, text, padding)
            if status == 201:
                # It was acknowledged between these two.
                acknowledged[context][text] = (begun, time.monotonic())
            number += 1
        ended.append(status)

    threads = [threading.Thread(target=one, args=(nth,)) for nth in range(CLIENTS)]
    for thread in threads:
        thread.start()
    return threads, ended


def kills(place):
    """How many messages were lost, and how long before the kill the oldest of these was acknowledged at most."""
    lost_at_all = acknowledged_at_all = 0
    oldest_at_all, silent, too_old, broken = 0.0, 0.0, 0, []
    args = ["--durability", "write-behind", "--save-interval", f"{int(INTERVAL * 1000)}ms"]
    for seed in range(COUNT):
        chosen = random.Random(seed)
        if seed % 10 == 0:
            path = os.path.join(place, f"{seed}.redb")
        server = Server(path, *args)
        contexts = new_contexts(server)
        acknowledged, tried = {it: {} for it in contexts}, {it: set() for it in contexts}
        stop = threading.Event()
        threads, _ = write_until(stop, server, contexts, acknowledged, tried)
        time.sleep(chosen.uniform(0, 5 * INTERVAL))
        # What is acknowledged later than this was so before the kill all the same.
        killed = time.monotonic()
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        again = Server(path, *args)
        # Whenever one is acknowledged, what is not stored yet is younger than the interval. A store that takes longer than
        # that lets it become older while nothing more is acknowledged: this is told, and is what the page calls a store
        # that does not answer.
        last = max((begun for each in acknowledged.values() for begun, _ in each.values()), default=0)
        wrong, lost, oldest = judge(again, contexts, acknowledged, tried, lambda at: at < last - INTERVAL)
        again.kill()
        too_old += oldest is not None and oldest < killed - INTERVAL
        silent = max(silent, killed - last) if last else silent
        acknowledged_at_all += sum(map(len, acknowledged.values()))
        lost_at_all += lost
        oldest_at_all = max(oldest_at_all, 0 if oldest is None else killed - oldest)
        broken += [f"kill {seed}: {it}" for it in wrong]
    print(
        f"write-behind: {COUNT} kills, {acknowledged_at_all} appends acknowledged, {lost_at_all} lost, the oldest of"
        f" these {oldest_at_all * 1000:.0f} ms old (promised: less than {INTERVAL * 1000:.0f})"
        f"\n  in {too_old} kills something was older; nothing was acknowledged for {silent * 1000:.0f} ms before one of them"
    )
    return broken


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"after {PATIENCE} s: {what}")
        time.sleep(0.02)


def full_disk(path, seed, args, behind, caught_up):
    """One disk that is full; if the seed is odd it has room again, and how long it took until all was saved is noted."""
    chosen = random.Random(seed)
    server = Server(path, *args)
    contexts = new_contexts(server)
    server.process.terminate()
    server.ended()
    # How much more the file may have: sometimes it is full in the middle of a commit.
    most = os.path.getsize(path) + chosen.randrange(0, 1 << 20)
    server = Server(path, *args, most=most)
    acknowledged, tried = {it: {} for it in contexts}, {it: set() for it in contexts}
    stop = threading.Event()
    try:
        padding = chosen.randrange(1 << 10, 1 << 16)
        threads, ended = write_until(stop, server, contexts, acknowledged, tried, padding)
        for thread in threads:
            thread.join(PATIENCE)
        if any(thread.is_alive() for thread in threads):
            return [f"writers were not told within {PATIENCE} s"], 0
        wrong = [f"a writer was told {status}" for status in ended if status != 503]
        last = max((begun for each in acknowledged.values() for begun, _ in each.values()), default=0)
        client = server.client()
        if (status := asked(client, "GET", "/readyz")[0]) != 503:
            wrong.append(f"/readyz says {status} while nothing can be written")
        if (status := asked(client, "GET", "/healthz")[0]) != 200:
            wrong.append(f"/healthz says {status}")
        for context in contexts:
            if (status := asked(client, "GET", context + "/state")[0]) != 200:
                wrong.append(f"a read is told {status}")
        if seed % 2:
            # There is room again, and the server goes on.
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)

            def takes():
                text = f"after/{time.monotonic_ns()}"
                tried[contexts[0]].add(text)
                if append(client, contexts[0], text) != 201:
                    return False
                now = time.monotonic()
                acknowledged[contexts[0]][text] = (now, now)
                return True

            room = time.monotonic()
            until("no write is taken, and there is room", takes)
            until("/readyz is not ready", lambda: asked(client, "GET", "/readyz")[0] == 200)
            until("not all is saved", lambda: b"\nlockyard_sessions_unsaved 0\n" in asked(client, "GET", "/metrics")[1])
            caught_up.append(time.monotonic() - room)
    finally:
        stop.set()
        killed = time.monotonic()
        server.kill()
    again = Server(path, *args)
    # In write-behind, whenever one is acknowledged, what is not stored yet is younger than the interval. And what is said
    # to be saved must be.
    limit = last - INTERVAL if behind and seed % 2 == 0 else killed
    found, lost, _ = judge(again, contexts, acknowledged, tried, lambda at: at < limit)
    if (status := append(again.client(), contexts[0], "and more")) != 201:
        found.append(f"opened again, a write is told {status}")
    again.kill()
    return wrong + found, lost


def full_disks(place):
    broken = []
    for name in ["write-through", "write-behind"]:
        behind, lost_at_all, caught_up = name == "write-behind", 0, [0]
        args = ["--durability", name, "--save-interval", f"{int(INTERVAL * 1000)}ms"]
        for seed in range(COUNT):
            path = os.path.join(place, f"{name}-{seed}.redb")
            try:
                wrong, lost = full_disk(path, seed, args, behind, caught_up)
            except AssertionError as error:
                wrong, lost = [str(error)], 0
            lost_at_all += lost
            broken += [f"{name}, disk {seed}: {it}" for it in wrong]
            os.remove(path)
        may = f" (promised: none {INTERVAL * 1000:.0f} ms older than the last)" if behind else ""
        print(f"{name}: {COUNT} full disks, {lost_at_all} acknowledged appends lost{may}")
        print(f"  where there was room again, all was saved within {max(caught_up) * 1000:.0f} ms")
    return broken


signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
with tempfile.TemporaryDirectory() as place:
    try:
        broken = {"kills": kills, "full-disks": full_disks}[KIND](place)
    finally:
        for process in running:
            process.kill()
for each in broken[:20]:
    print(f"BROKEN  {each}")
if len(broken) > 20:
    print(f"        and {len(broken) - 20} more")
sys.exit(bool(broken))
