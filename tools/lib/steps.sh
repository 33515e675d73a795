# Shared by the tools: where the tree is, how a long step shows that it is alive, how it ends.
# Sourced, never run.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
logs="$root/.cache/logs"
venv="$root/.cache/venv"
step_child=""

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# Time since the tool started, as m:ss.
elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }

# The last thing a log says, short enough for one line.
last_line() { tr '\r' '\n' <"$1" | grep -v '^[[:space:]]*$' | tail -n 1 | cut -c 1-100; }

# step NAME COMMAND...: runs COMMAND with its output in a log, prints a line when it starts, one
# every 20 seconds while it runs and one when it ends. Returns COMMAND's status.
step() {
    local name="$1" log began status next
    shift
    mkdir -p "$logs"
    log="$logs/${name// /-}.log"
    began=$SECONDS
    next=$((SECONDS + 20))
    say "[$(elapsed)] $name ..."
    "$@" >"$log" 2>&1 &
    step_child=$!
    while kill -0 "$step_child" 2>/dev/null; do
        sleep 0.2
        if ((SECONDS >= next)); then
            next=$((SECONDS + 20))
            say "[$(elapsed)] $name: $(last_line "$log")"
        fi
    done
    wait "$step_child" && status=0 || status=$?
    step_child=""
    if ((status == 0)); then
        say "[$(elapsed)] $name: ok, $((SECONDS - began)) s"
    else
        say "[$(elapsed)] $name: FAILED with status $status, log: ${log#"$root"/}"
    fi
    return "$status"
}

# Ends what this tool started, and nothing else.
stop_step() {
    if [[ -n "$step_child" ]]; then kill "$step_child" 2>/dev/null || true; fi
}
