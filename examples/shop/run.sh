#!/usr/bin/env bash
# Shows three services that find each other and refresh their configuration through
# Seawall. Ends by itself within a few minutes, most of it installing clients the first
# time; exit code 0 when everything happened as told, 1 when not.
#
#   SEAWALL=path/to/seawall   the binary (default: target/release/seawall, built if missing)
#   SEAWALL_ADDR=host:port    a running server instead, with its client doors open
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
built=$target/examples/shop
work=$(mktemp -d)
pids=()

say() { printf '\n== %s\n' "$*"; }

finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  for log in "$work"/*.log; do
    [[ -e $log ]] || continue
    printf -- '--- %s\n' "$(basename "$log")" >&2
    tail -n 20 "$log" >&2
  done
  exit 1
}

for tool in python3 go node npm curl; do
  if ! command -v "$tool" >/dev/null; then
    echo "skipped: $tool is not installed"
    case ${CI:-} in
      '' | 0 | false) exit 0 ;;
      *) exit 1 ;;
    esac
  fi
done

# Runs a command every 0.1 s until it succeeds, for at most the given seconds.
await() {
  local seconds=$1 what=$2 deadline
  deadline=$((SECONDS + seconds))
  shift 2
  until "$@"; do
    ((SECONDS < deadline)) || fail "not within ${seconds} s: $what"
    sleep 0.1
  done
}

say "Installing the clients into target/ (the first time takes a minute)"
mkdir -p "$built/storefront"
if ! cmp -s "$here/catalog/requirements.txt" "$built/requirements.txt"; then
  python3 -m venv --clear "$built/venv"
  "$built/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/catalog/requirements.txt"
  cp "$here/catalog/requirements.txt" "$built/requirements.txt"
fi
(cd "$here/pricing" && go build -mod=readonly -o "$built/pricing" .)
if ! cmp -s "$here/storefront/package-lock.json" "$built/storefront/installed.json"; then
  cp "$here/storefront/"{package.json,package-lock.json,.npmrc} "$built/storefront/"
  (cd "$built/storefront" && npm ci --silent --no-audit --no-fund)
  cp "$here/storefront/package-lock.json" "$built/storefront/installed.json"
fi

if [[ -z ${SEAWALL_ADDR:-} ]]; then
  seawall=${SEAWALL:-$target/release/seawall}
  [[ -x $seawall ]] || (cd "$root" && cargo build --release --package seawall)
  read -r http grpc < <(python3 - <<'PORTS'
import socket
while True:
    with socket.socket() as http, socket.socket() as grpc:
        http.bind(("127.0.0.1", 0))
        port = http.getsockname()[1]
        try:
            grpc.bind(("127.0.0.1", port + 1000))
        except (OSError, OverflowError):
            continue
        print(port, port + 1000)
        break
PORTS
  )
  say "Starting seawall dev on port $http"
  "$seawall" dev --data "$work/data" --bind 127.0.0.1 --http-port "$http" --grpc-port "$grpc" \
    >"$work/seawall.log" 2>&1 &
  pids+=($!)
  SEAWALL_ADDR=127.0.0.1:$http
fi
export SEAWALL_ADDR SHOP_WORK=$work
api=http://$SEAWALL_ADDR/nacos

ready() { curl --silent --fail --max-time 2 --output /dev/null "$api/v1/console/health/readiness"; }
await 30 "seawall is ready" ready

publish() {
  local answer
  answer=$(curl --silent --fail --max-time 5 --data-urlencode "content=$1" \
    "$api/v1/cs/configs?dataId=shop.json&group=DEFAULT_GROUP&type=json") || fail "publishing shop.json"
  [[ $answer == true ]] || fail "publishing shop.json was answered $answer"
  echo "published shop.json: $1"
}

say "Publishing the shop's configuration"
publish '{"greeting": "Welcome", "discount": 0}'

say "Starting the three services; none is told where the others are"
start_catalog() {
  "$built/venv/bin/python" "$here/catalog/catalog.py" >>"$work/catalog.log" 2>&1 &
  catalog=$!
  pids+=("$catalog")
}
start_catalog
"$built/pricing" >"$work/pricing.log" 2>&1 &
pids+=($!)
NODE_PATH=$built/storefront/node_modules node "$here/storefront/storefront.js" >"$work/storefront.log" 2>&1 &
pids+=($!)

await 30 "the storefront is up" test -s "$work/storefront-port"
front=http://127.0.0.1:$(cat "$work/storefront-port")
shows() { [[ $(curl --silent --max-time 5 "$front/") == "$1" ]]; }

await 30 "the storefront found catalog and pricing" shows 'Welcome: lamp 40, chair 120 (catalogs: 1)'
curl --silent "$front/"

say "Changing the configuration; nothing is restarted"
publish '{"greeting": "Summer sale", "discount": 25}'
await 30 "both services took the change" shows 'Summer sale: lamp 30, chair 90 (catalogs: 1)'
curl --silent "$front/"

say "Starting a second catalog, on another port"
first=$catalog
start_catalog
await 30 "the storefront found both" shows 'Summer sale: lamp 30, chair 90 (catalogs: 2)'
curl --silent "$front/"

say "Killing the first catalog without a word"
{ kill -9 "$first" && wait "$first"; } 2>/dev/null || true
await 30 "the registry noticed" shows 'Summer sale: lamp 30, chair 90 (catalogs: 1)'
curl --silent "$front/"

say "Done: found by name, configured while running, a dead instance gone at once"
