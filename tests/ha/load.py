"""Clients that order, agree, work and validate over the API, and write down what was acknowledged."""

import http.client
import itertools
import json
import os
import random
import threading
import time
import urllib.parse

PASSWORD = "correct horse battery"
# How long one command is sent again and again before something is called hung.
PATIENCE = 180


class Ledger:
    """What was answered 2xx, flushed to disk before anybody goes on."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()
        self.times, self.lines, self.odd, self.again = [], [], [], 0

    def acknowledged(self, **what):
        with self.lock:
            self.file.write(json.dumps(what) + "\n")
            self.file.flush()
            os.fsync(self.file.fileno())
            self.times.append(time.monotonic())
            self.lines.append(what)

    def surprised(self, words):
        with self.lock:
            self.odd.append(words)


class Refused(Exception):
    """An answer of the 400s: sending the same again will not help."""


class Person:
    """Somebody who signs in once and sends commands to whichever replica answers."""

    def __init__(self, login, doors, ledger):
        self.login, self.doors, self.ledger = login, doors, ledger
        self.lines = {}
        self.secret = None

    def exchange(self, door, method, path, body=None, headers=None):
        line = self.lines.get(door)
        if line is None:
            line = self.lines[door] = http.client.HTTPConnection("127.0.0.1", door, timeout=20)
        try:
            line.request(method, path, body, headers or {})
            answer = line.getresponse()
            return answer, answer.read()
        except (OSError, http.client.HTTPException):
            self.lines.pop(door).close()
            raise

    def sign_in(self):
        form = urllib.parse.urlencode({"login": self.login, "password": PASSWORD})
        end = time.monotonic() + PATIENCE
        for door in itertools.cycle(self.doors):
            kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{door}"}
            try:
                answer, text = self.exchange(door, "POST", "/sign-in", form, kind)
                cookie = answer.getheader("set-cookie") or ""
                if answer.status == 303 and "guichet=" in cookie:
                    self.secret = cookie.split("guichet=")[1].split(";")[0]
                    return self
                why = f"{answer.status} {text[:300]}"
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
            if time.monotonic() > end:
                raise TimeoutError(f"{self.login} cannot sign in: {why}")
            time.sleep(0.2)
        return self

    def send(self, method, path, body=None, key=None):
        """Sends a command, under one key as often as it takes, to one replica or the other."""
        headers = {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        end = time.monotonic() + PATIENCE
        doors = random.sample(self.doors, len(self.doors))
        for door in itertools.cycle(doors):
            why = None
            try:
                answer, text = self.exchange(door, method, "/api/v1" + path, body and json.dumps(body), headers)
                if answer.status < 300:
                    return json.loads(text)
                why = f"{method} {path}: {answer.status} {text[:300].decode(errors='replace')}"
                if answer.status < 500:
                    raise Refused(why)
            except (OSError, http.client.HTTPException) as error:
                why = f"{method} {path}: {error!r}"
            if time.monotonic() > end:
                raise TimeoutError(why)
            self.ledger.again += 1
            time.sleep(0.1)

    def act(self, path, body, key, **what):
        """A command that changes something: noted once it is answered."""
        answer = self.send("POST", path, body, key)
        self.ledger.acknowledged(key=key, who=self.login, **what, reference=answer["reference"])
        return answer


class Client(threading.Thread):
    """One stream of changes on a cluster of its own, each carried from the order to its closure."""

    def __init__(self, nth, doors, ledger):
        super().__init__(daemon=True)
        self.nth, self.ledger = nth, ledger
        self.over = threading.Event()
        self.camille, self.paul, self.jules = (Person(it, doors, ledger) for it in ("camille", "paul", "jules"))
        self.trouble, self.closed = None, 0

    def run(self):
        try:
            for person in (self.camille, self.paul, self.jules):
                person.sign_in()
            for n in itertools.count():
                if self.over.is_set():
                    return
                self.change(f"c{self.nth}-{n}")
        except Exception as error:  # pylint: disable=broad-except
            self.trouble = repr(error)
            self.ledger.surprised(f"client {self.nth}: {error!r}")

    def change(self, name):
        # The order is lost with its answer: only the key is known, so it is sent again under it.
        values = {"cluster": f"cluster-{self.nth}", "pool": "workers", "min": 2, "max": 6}
        order = {"line": "K01", "values": values, "why": name}
        ticket = self.camille.act("/tickets", order, f"{name}-order", act="order")
        reference = ticket["reference"]
        end = time.monotonic() + PATIENCE
        step = 0
        while ticket["state"] != "closed":
            if time.monotonic() > end:
                raise TimeoutError(f"{reference} stands still: {ticket['state']}")
            done = self.step(reference, ticket, f"{name}-{step}")
            if done is None:
                time.sleep(0.05)
                done = self.camille.send("GET", f"/tickets/{reference}")
            else:
                step += 1
                end = time.monotonic() + PATIENCE
            ticket = done
        self.closed += 1

    def step(self, reference, ticket, key):
        """Does what the ticket waits for, if it waits for somebody."""
        for gate in ticket["gates"]:
            if gate["state"] == "open":
                yes = {"decision": "approve", "plan_digest": gate["digest"]}
                who = self.paul if gate["party"] == "client" else self.jules
                return who.act(f"/approvals/{gate['id']}/decision", yes, key, act="decide", gate=gate["id"])
        tasks = self.jules.send("GET", f"/tickets/{reference}/tasks")
        for task in tasks:
            if task["status"] == "ready" and task["kind"] == "manual":
                done = {"evidence": "Done and read back."}
                path = f"/tickets/{reference}/tasks/{task['name']}/complete"
                return self.jules.act(path, done, key, act="complete", task=task["name"])
        return None
