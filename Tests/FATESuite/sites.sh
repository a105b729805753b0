#!/usr/bin/env bash
# Starts a site for each party of FATE's test suites (9999, 10000 and 9998), each a process with a home and keys of its
# own, and pairs them as their people would. Jobs of a partner need no grant: FATE's suites upload a table and submit.
# Prints the --site arguments of a driver that talks to the site of each party; ends the sites when it is ended itself.
# Usage: sites.sh TREE FOLDER [PORT]
#   TREE    an installed tree, such as .build/stage/debug
#   FOLDER  for homes and logs; must not exist
#   PORT    of the first site; two are taken for each (default 9500)
set -euo pipefail
norn=$(realpath "$1")/bin/norn
folder=$2
port=${3:-9500}
parties=(9999 10000 9998)
start_seconds=60

mkdir "$folder"
servers=()
trap '[ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null; wait' EXIT
trap exit INT TERM

for place in "${!parties[@]}"; do
  party=${parties[$place]}
  home=$folder/$party
  mkdir "$home"
  "$norn" site init --home "$home" --name "site-$party" --hosts 127.0.0.1 --json >"$folder/$party.json"
  {
    # FATE's suites ask for keys of 1024 bits.
    echo 'privacy: {compatibility: always}'
    echo 'approval:'
    echo '  rules:'
    for partner in "${parties[@]}"; do
      [ "$partner" = "$party" ] || echo "    - {partner: $partner, decision: automatic}"
    done
  } >"$home/site.yaml"
done

pin() { sed -En 's/.*(sha256:[^"]*)".*/\1/p' "$folder/$1.json" | head -1; }
for place in "${!parties[@]}"; do
  for other in "${!parties[@]}"; do
    [ "$place" = "$other" ] || "$norn" site trust "site-${parties[$other]}" --home "$folder/${parties[$place]}" \
      --pin "$(pin "${parties[$other]}")" --parties "${parties[$other]}" \
      --address "https://127.0.0.1:$((port + 2 * other + 1))" >/dev/null
  done
done

arguments=()
for place in "${!parties[@]}"; do
  party=${parties[$place]}
  "$norn" serve --home "$folder/$party" --parties "$party" --port $((port + 2 * place)) \
    --federation-host 127.0.0.1 --federation-port $((port + 2 * place + 1)) >"$folder/$party.log" 2>&1 &
  servers+=($!)
  arguments+=(--site "$party=127.0.0.1:$((port + 2 * place))")
done
for party in "${parties[@]}"; do
  for ((second = 0; ; second++)); do
    grep -q ' listening ' "$folder/$party.log" && break
    [ "$second" -lt "$start_seconds" ] || { cat "$folder/$party.log" >&2; exit 1; }
    sleep 1
  done
done
echo "${arguments[@]}"
wait
