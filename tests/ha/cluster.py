"""The production shape on one machine: three etcd, three PostgreSQL under Patroni, PgBouncer.

Everything listens on loopback, lives in one temporary directory and ends with it. PostgreSQL,
Patroni, etcd and PgBouncer refuse root, so they run as the user `postgres` when we are root.
"""

import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import textwrap
import threading
import time
import urllib.error
import urllib.request

NODES = 3
BOUNCERS = 2
ROLE = "guichet"


def free_ports(count):
    """Ports that nobody uses at this moment."""
    socks = [socket.socket() for _ in range(count)]
    try:
        for it in socks:
            it.bind(("127.0.0.1", 0))
        return [it.getsockname()[1] for it in socks]
    finally:
        for it in socks:
            it.close()


def until(what, seconds, probe, pause=0.2):
    """Polls `probe` until it gives something, or fails with what was waited for."""
    end = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(pause)


class Cluster:
    """Starts, breaks and looks at the database side."""

    def __init__(self, home, say):
        self.home, self.say = home, say
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda it: int(it.split("/")[4]))[-1]
        ports = iter(free_ports(2 * NODES + 2 * NODES + BOUNCERS))
        self.etcd = [(next(ports), next(ports)) for _ in range(NODES)]
        self.nodes = [(next(ports), next(ports)) for _ in range(NODES)]
        self.bouncers = [next(ports) for _ in range(BOUNCERS)]
        self.children = {}
        self.as_user = None
        if os.geteuid() == 0:
            self.as_user = pwd.getpwnam("postgres")
            os.chown(home, self.as_user.pw_uid, self.as_user.pw_gid)

    # Processes

    def spawn(self, name, argv):
        """Starts a process of the cluster in a group of its own, so that it can be killed whole."""
        who = self.as_user
        log = open(f"{self.home}/{name}.log", "ab")
        extra = {} if who is None else {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        env = {"PATH": f"{self.bin}:/usr/bin:/usr/sbin:/bin", "HOME": self.home, "LC_ALL": "C.UTF-8"}
        child = subprocess.Popen(
            argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.home, env=env, start_new_session=True, **extra
        )
        self.children[name] = child
        return child

    def write(self, name, text, mode=0o644):
        path = f"{self.home}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        os.chmod(path, mode)
        if self.as_user:
            os.chown(path, self.as_user.pw_uid, self.as_user.pw_gid)
        return path

    def start(self):
        peers = ",".join(f"e{n}=http://127.0.0.1:{peer}" for n, (_, peer) in enumerate(self.etcd))
        for n, (client, peer) in enumerate(self.etcd):
            mine = f"http://127.0.0.1:{client}"
            self.spawn(
                f"etcd{n}",
                ["etcd", "--name", f"e{n}", "--data-dir", f"{self.home}/etcd{n}", "--log-level", "warn"]
                + ["--listen-client-urls", mine, "--advertise-client-urls", mine]
                + ["--listen-peer-urls", f"http://127.0.0.1:{peer}"]
                + ["--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", peers]
                # A machine shared by everything is slower than three of one's own.
                + ["--heartbeat-interval", "250", "--election-timeout", "2500"],
            )
        self.write_bouncers()
        for n in range(NODES):
            self.write(f"patroni{n}.yml", self.patroni(n))
            self.start_node(n)
            if n == 0:
                until("the first primary", 120, lambda: self.leader() == 0)
        until("three members, one of them synchronous", 180, self.healthy)
        self.make_role()
        for n in range(BOUNCERS):
            self.spawn(f"pgbouncer{n}", ["pgbouncer", f"{self.home}/pgbouncer{n}.ini"])

    def start_node(self, n):
        self.spawn(f"patroni{n}", ["patroni", f"{self.home}/patroni{n}.yml"])

    def stop(self):
        for child in self.children.values():
            if child.poll() is None:
                try:
                    os.killpg(child.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            child.wait()
        for n in range(NODES):
            self.kill_postgres(n)

    # Configuration

    def patroni(self, n):
        port, rest = self.nodes[n]
        hosts = ",".join(f"127.0.0.1:{client}" for client, _ in self.etcd)
        return f"""\
            scope: guichet
            name: pg{n}
            restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
            etcd3: {{hosts: "{hosts}"}}
            bootstrap:
              dcs:
                # The shortest lease Patroni takes; twice the retries and one round fit into it.
                ttl: 20
                loop_wait: 2
                retry_timeout: 5
                # Only a synchronous standby is promoted, and without one nothing is acknowledged.
                synchronous_mode: true
                synchronous_mode_strict: true
                # A primary that crashed is not waited for: a standby has everything it acknowledged.
                primary_start_timeout: 0
                postgresql:
                  use_pg_rewind: true
                  use_slots: true
                  # A standby that lost its primary looks for the next one at once: nothing is
                  # acknowledged before it streams.
                  parameters: {{max_connections: 200, synchronous_commit: "on", wal_log_hints: "on", wal_retrieve_retry_interval: 500ms}}
              initdb: [{{encoding: UTF8}}, {{locale: C.UTF-8}}, data-checksums]
              pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
            postgresql:
              listen: "127.0.0.1:{port}"
              connect_address: "127.0.0.1:{port}"
              data_dir: "{self.home}/pg{n}"
              bin_dir: "{self.bin}"
              pgpass: "{self.home}/pgpass{n}"
              authentication:
                superuser: {{username: postgres, password: loopback}}
                replication: {{username: replicator, password: loopback}}
              parameters: {{unix_socket_directories: "{self.home}"}}
              callbacks: {{on_start: "{self.home}/route {port}", on_role_change: "{self.home}/route {port}"}}
            """

    def write_bouncers(self):
        # Patroni says who is primary; PgBouncer is told at once, and everybody who still talks to
        # the old one is cut off: in session mode they would stay there for ever.
        doors = " ".join(map(str, self.bouncers))
        self.write(
            "route",
            f"""\
            #!/bin/sh
            # PORT ACTION ROLE SCOPE, as Patroni calls it.
            case "$3" in master|primary) ;; *) exit 0 ;; esac
            dir={self.home}
            printf '[databases]\\nguichet = host=127.0.0.1 port=%s dbname=guichet\\n' "$1" > "$dir/route.$1"
            mv "$dir/route.$1" "$dir/databases.ini"
            for door in {doors}; do
              for it in RELOAD 'KILL guichet' 'RESUME guichet'; do
                psql -qX -h "$dir" -p "$door" -U postgres pgbouncer -c "$it" || true
              done
            done
            """,
            0o755,
        )
        self.write("databases.ini", "[databases]\nguichet = host=127.0.0.1 port=1 dbname=guichet\n")
        self.write("users.txt", f'"{ROLE}" ""\n"postgres" ""\n')
        for n, port in enumerate(self.bouncers):
            self.write(
                f"pgbouncer{n}.ini",
                f"""\
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = {port}
                unix_socket_dir = {self.home}
                auth_type = trust
                auth_file = {self.home}/users.txt
                admin_users = postgres
                ; Prepared statements and LISTEN belong to a session; before 1.21 PgBouncer cannot
                ; carry them over transactions.
                pool_mode = session
                ; Sent by the client and unknown to PgBouncer 1.18: the role has them instead.
                ignore_startup_parameters = extra_float_digits,options
                max_client_conn = 300
                default_pool_size = 60
                ; Dead or not yet promoted: ask again soon, and tell the client rather than keep it.
                server_login_retry = 1
                server_connect_timeout = 3
                query_wait_timeout = 5
                ; Longer than any statement_timeout: only a server that fell silent gets here.
                query_timeout = 20
                tcp_user_timeout = 10000
                log_connections = 0
                log_disconnections = 0
                %include {self.home}/databases.ini
                """,
            )

    def make_role(self):
        settings = {
            "synchronous_commit": "on",
            "statement_timeout": "10s",
            "lock_timeout": "5s",
            "idle_in_transaction_session_timeout": "15s",
            # Before each use a connection is rolled back, and PostgreSQL notes that it had nothing to.
            "log_min_messages": "error",
            "client_min_messages": "error",
        }
        self.sql(f"CREATE ROLE {ROLE} LOGIN", database="postgres")
        for name, value in settings.items():
            self.sql(f"ALTER ROLE {ROLE} SET {name} = '{value}'", database="postgres")
        self.sql(f"CREATE DATABASE guichet OWNER {ROLE}", database="postgres")
        self.sql("CREATE TABLE probe(n INT)", database="postgres")

    # Looking

    def url(self, n):
        """The address of the database through one of the bouncers."""
        return f"postgres://{ROLE}@127.0.0.1:{self.bouncers[n % BOUNCERS]}/guichet"

    def sql(self, sql, database="guichet", user="postgres", port=None):
        """Rows of a query on the primary itself, as lists of strings."""
        if port is None:
            port = self.nodes[until("a primary", 60, lambda: [self.leader()] if self.leader() is not None else None)[0]][0]
        argv = [f"{self.bin}/psql", "-qXAt", "-F", "\x1f", "-h", "127.0.0.1", "-p", str(port)]
        done = subprocess.run(
            argv + ["-U", user, "-v", "ON_ERROR_STOP=1", database, "-c", sql], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\x1f") for line in done.stdout.splitlines()]

    def ask(self, n, path):
        """What Patroni of that node says, or None."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.nodes[n][1]}{path}", timeout=2) as it:
                return json.load(it) if path == "/cluster" else it.status
        except (urllib.error.URLError, OSError, ValueError):
            return None

    def leader(self):
        """The node that is primary and holds the leader's key."""
        for n in range(NODES):
            if self.ask(n, "/primary") == 200:
                return n
        return None

    def members(self):
        for n in range(NODES):
            found = self.ask(n, "/cluster")
            if found:
                return found["members"]
        return []

    def healthy(self):
        """Three members, all running, a primary and a synchronous standby among them."""
        members = self.members()
        roles = sorted(it["role"] for it in members if it["state"] in ("running", "streaming"))
        return len(roles) == NODES and "sync_standby" in roles and "leader" in roles

    # Breaking

    def postmaster(self, n):
        try:
            with open(f"{self.home}/pg{n}/postmaster.pid", encoding="ascii") as file:
                return int(file.readline())
        except (OSError, ValueError):
            return None

    def kill_postgres(self, n):
        """Kills the server of a node without warning."""
        pid = self.postmaster(n)
        try:
            with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
                if f"{self.home}/pg{n}" not in file.read():
                    return
            os.kill(pid, signal.SIGKILL)
        except (OSError, TypeError):
            pass

    def kill_patroni(self, n):
        """Kills the supervisor of a node and nothing else."""
        child = self.children[f"patroni{n}"]
        os.kill(child.pid, signal.SIGKILL)
        child.wait()

    def switch_over(self):
        """A planned change of primary. Returns what patronictl said."""
        leader = f"pg{self.leader()}"
        argv = ["patronictl", "-c", f"{self.home}/patroni0.yml", "switchover", "--force", "--master", leader, "guichet"]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(done.stdout + done.stderr)
        return done.stdout

    def watch(self):
        """Notes when nodes become and cease to be primary, until told to stop."""
        return Watch(self)

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)


class Watch(threading.Thread):
    """Asks every Patroni all the time who is primary, and each new primary whether it takes writes."""

    def __init__(self, cluster):
        super().__init__(daemon=True)
        self.cluster, self.seen, self.over = cluster, [], threading.Event()

    def run(self):
        last = None
        while not self.over.is_set():
            now = self.cluster.leader()
            if now != last:
                if now is not None:
                    self.seen.append((time.monotonic(), now, self.first_write(now)))
                last = now
            self.over.wait(0.1)

    def first_write(self, node):
        """When that primary first answered a commit: with a synchronous standby behind it."""
        port = self.cluster.nodes[node][0]
        while not self.over.is_set():
            try:
                self.cluster.sql("INSERT INTO probe VALUES (1)", database="postgres", port=port)
                return time.monotonic()
            except RuntimeError:
                if self.cluster.leader() != node:
                    return None
                self.over.wait(0.1)
        return None

    def primary_since(self, moment, not_node=None):
        """The primary that appeared from that moment on: when, which, and when it took writes."""
        for at, node, writes in self.seen:
            if at >= moment and node != not_node and writes:
                return at, node, writes
        return None
