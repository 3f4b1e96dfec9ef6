#!/usr/bin/env bash
# A container with the least weight there is (`docker run --cpu-shares=2`) takes half of a processor from programs that
# are not in a container: its weight is looked at only beside other containers. To the rest of the host all containers
# together are one group of Docker's default weight, however little each of them may ask for.
# Docker Engine 20.10 with the cgroupfs driver (image python:3.13-slim-trixie)
# Why it matters: a training is given few shares, so that who serves comes first. Between containers it does; but
# Docker's proxy, the kernel's threads for networks, a monitoring agent and a shell on the host wait as if the training
# had no weight at all, and with them every request that comes from outside.
# Guess before the first run: with 2 shares of 1024, a busy program outside keeps 95 % of its processor or more.
set -euo pipefail
image=python:3.13-slim-trixie
name=finding-shares-$$
end() {
    docker rm --force "$name" >/dev/null 2>&1 || true
}
trap end EXIT
driver=$(docker info --format '{{.CgroupDriver}}')
if [[ $driver != cgroupfs ]]; then
    echo "This host has the driver $driver, of which nothing is said here."
    exit 2
fi

# Prints what share of processor 0 a loop of three seconds gets.
loop='import os, time
os.sched_setaffinity(0, {0})
began = time.monotonic()
while time.monotonic() - began < 3:
    pass
print(f"{100 * time.process_time() / (time.monotonic() - began):.0f}")'

docker pull --quiet "$image" >/dev/null 2>&1 || docker image inspect "$image" >/dev/null
alone=$(python3 -c "$loop")
docker run --detach --name "$name" --cpu-shares=2 --cpuset-cpus=0 "$image" python -c 'while True: pass' >/dev/null
outside=$(python3 -c "$loop")
inside=$(docker run --rm --cpu-shares=1024 --cpuset-cpus=0 "$image" python -c "$loop")

docker version --format 'Docker Engine {{.Server.Version}}'
echo "A busy program outside of Docker, alone: $alone % of a processor"
echo "The same beside a busy container of 2 shares: $outside %"
echo "In a container of 1024 shares beside it: $inside %"
((alone >= 90 && outside <= 70 && inside >= 90))
