#!/usr/bin/env bash
# With `server NAME resolve` in an upstream, a request that is under way while DNS adds an address gets no second
# attempt: proxy_next_upstream_tries 2 is not used up, the healthy server that was there all the time is not asked, and
# the client gets 502 ("no live upstreams").
# NGINX 1.30 (Docker image nginx:1.30-alpine; `resolve` is in open-source NGINX since 1.27.3)
# Why it matters: `resolve` is for containers that come and go, which is when requests fail and need their retry. Every
# change of an address costs the second attempt of all requests in flight.
# Guess before the first run: the second attempt goes to the server that was there before the change.
set -euo pipefail
folder=$(mktemp -d)
nginx=finding-nginx-$$
servers=
end() {
    docker rm --force "$nginx" >/dev/null 2>&1 || true
    [[ -z $servers ]] || kill "$servers" || true
    rm -rf "$folder"
}
trap end EXIT
chmod 755 "$folder"
read -r web edge control dns < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(4)]
[each.bind(("127.0.0.1", 0)) for each in sockets]
print(*(each.getsockname()[1] for each in sockets))')

# A name server with two addresses for one name, and the servers behind them: whoever is asked first does not answer.
# While a request for /change waits, the name gets a third address.
cat >"$folder/servers.py" <<'PY'
import contextlib
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

web, control, dns = map(int, sys.argv[1:])
addresses, asked = ["127.0.0.11", "127.0.0.12"], []


def name_server():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", dns))
    while True:
        query, peer = udp.recvfrom(512)
        end = query.index(b"\0", 12) + 5
        found = addresses if query[end - 4 : end - 2] == b"\0\1" else []
        records = [b"\xc0\x0c\0\1\0\1" + struct.pack("!IH", 1, 4) + socket.inet_aton(each) for each in found]
        head = query[:2] + b"\x81\x80\0\1" + struct.pack("!H", len(found)) + bytes(4)
        udp.sendto(head + query[12:end] + b"".join(records), peer)


class Answer(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(text.encode())


class Backend(Answer):
    def do_GET(self):
        if self.path != "/ready":
            asked.append(self.server.server_address[0])
            if len(asked) == 1:
                if self.path == "/change":
                    addresses.append("127.0.0.13")
                time.sleep(6)
        self.answer("ok")


class Control(Answer):
    def do_GET(self):
        self.answer(str(len(asked)))
        asked.clear()


threading.Thread(target=name_server, daemon=True).start()
for each in (*addresses, "127.0.0.13"):
    threading.Thread(target=ThreadingHTTPServer((each, web), Backend).serve_forever, daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", control), Control).serve_forever()
PY
cat >"$folder/nginx.conf" <<CONF
pid /tmp/nginx.pid;
events {}
http {
    resolver 127.0.0.1:$dns valid=1s ipv6=off;
    error_log stderr error;
    access_log off;
    upstream backends { zone backends 64k; server backends.test:$web resolve; }
    server {
        listen 127.0.0.1:$edge;
        location / {
            proxy_pass http://backends;
            proxy_read_timeout 3s;
            proxy_next_upstream error timeout;
            proxy_next_upstream_tries 2;
        }
    }
}
CONF
python3 "$folder/servers.py" "$web" "$control" "$dns" &
servers=$!
docker run --detach --name "$nginx" --network host --volume "$folder/nginx.conf:/etc/nginx/nginx.conf:ro" \
    nginx:1.30-alpine >/dev/null
for _ in {1..60}; do # until it has asked for the name
    curl --silent --fail --output /dev/null "http://127.0.0.1:$edge/ready" && break
    sleep 1
done

ask() { # prints the status that the client gets and how many servers were asked
    local status
    status=$(curl --silent --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$edge$1")
    echo "$status after $(curl --silent "http://127.0.0.1:$control/") attempt(s)"
}
quiet=$(ask /quiet)
sleep 2
changed=$(ask /change)
docker exec "$nginx" nginx -v
docker logs "$nginx" 2>&1 | grep 'GET /change' | grep -o 'no live upstreams' || true
echo "addresses as they were: $quiet"
echo "an address was added:   $changed"
[[ $quiet == '200 after 2 attempt(s)' && $changed == '502 after 1 attempt(s)' ]] || { echo 'NOT as described'; exit 1; }
echo 'as described'
