#!/usr/bin/env bash
# What the pipeline's key may do on this host, and nothing else: the forced command of the account `deploy`.
#   model                                     the model version that serves everybody
#   deploy REVISION IMAGE|- [KEY=VALUE ...]   hand an image to the release controller; - reads `docker save` from stdin
#   continue by=NAME [from=VERSION]           a retraining cycle now, from that version's weights or the champion's
#   approve|abort|rollback by=NAME [release=ID] [reason=WHY]
#   status
# Values are percent-encoded. Exit: 0 done, 64 not understood, 65 refused, 75 try again later; one sentence on stderr.
# docs/gitlab.md says how it gets into authorized_keys. Nothing that is sent is ever evaluated by a shell.
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD
clone=${DEPLOY_DIR:-$HOME/.cache/marquee/$(printf %s "$project" | cksum | cut -d ' ' -f 1)}
accepted=$clone.accepted # revision and pipeline number of the newest that was handed over
loaded=                  # an image that is here only for this

end() { # end STATUS SENTENCE
  echo "$2" >&2
  exit "$1"
}

decoded() { # percent-decoded; no control characters
  [[ $1 =~ ^([A-Za-z0-9._~:/@+,-]|%[0-9A-Fa-f]{2})*$ ]] || end 64 "A value has characters that are not percent-encoded: $1"
  [[ $1 =~ %[01][0-9A-Fa-f]|%7[Ff] ]] && end 64 "A value has control characters."
  printf %b "${1//%/\\x}"
}

controller() { docker compose exec -T controller marquee release "$@"; }

because() { # the sentence of what a command said on stderr, and its status
  if grep -qi 'no space left' <<<"$1"; then
    end 75 "The disk of the server is full: make room, then run this job again."
  fi
  end "$2" "$(grep -v '^$' <<<"$1" | tail -n 1)"
}

running() {
  docker compose exec -T controller true 2>/dev/null ||
    end 75 "The release controller does not run on the server: \`docker compose up -d --wait\` there, then run this job again."
}

read_values() { # KEY=VALUE ... into the array `values`
  local word key
  for word in "$@"; do
    key=${word%%=*}
    [[ $word == *=* && " $allowed " == *" $key "* ]] || end 64 "Not understood: $word; known are: $allowed"
    values[$key]=$(decoded "${word#*=}")
  done
}

deploy() {
  [[ $# -ge 2 ]] || end 64 "deploy needs a revision and an image."
  local revision=$1 image=$2
  shift 2
  [[ $revision =~ ^[0-9a-f]{40}$ ]] || end 64 "$revision is no full revision."
  # A name that nothing here runs by: what is taken in may not replace what is there.
  [[ $image == - || $image =~ ^[a-z0-9][a-z0-9.-]*(:[0-9]+)?/[a-z0-9._/-]+:ci-[0-9]+$ ]] ||
    end 64 "$image is no image of a registry with a tag ci-NUMBER."
  allowed="image_id pipeline pipeline_iid pipeline_url merge_request author approver ref"
  read_values "$@"
  [[ ${values[pipeline_iid]:-0} =~ ^[0-9]+$ ]] || end 64 "pipeline_iid is no number."
  mkdir -p "$(dirname "$clone")"
  exec 8>"$clone.turn"
  flock --wait 300 8 || end 75 "Another deployment is still being taken in: run this job again."
  running
  fetch "$revision"
  refuse_older "$revision"
  take_in "$image"
  check_image "$revision"
  hand_over "$revision"
}

fetch() { # the exact revision, into the deployment's own clone; this checkout is left as it is
  local said remote
  remote=$(git -C "$project" remote get-url origin) || end 75 "The checkout on the server has no git remote \`origin\`."
  [[ -d $clone/.git ]] || said=$(git init --quiet "$clone" 2>&1) || because "$said" 75
  said=$(GIT_TERMINAL_PROMPT=0 git -C "$clone" fetch --quiet --force --tags "$remote" '+refs/heads/*:refs/remotes/server/*' 2>&1) ||
    because "${said:-The git remote does not answer.}" 75
  said=$(git -C "$clone" for-each-ref --contains "$1" refs/remotes/server refs/tags 2>/dev/null) || true
  [[ -n $said ]] || end 65 "Revision $1 is in no branch or tag of the git remote."
}

refuse_older() {
  local last number mine=$((10#${values[pipeline_iid]:-0}))
  # What a person has deployed by hand counts as well.
  last=$(controller history --json --last 1 2>/dev/null | sed -n 's/.*"revision": *"\([0-9a-f]\{40\}\)".*/\1/p' | head -n 1) || true
  if [[ -n $last && $1 != "$last" ]] && git -C "$clone" merge-base --is-ancestor "$1" "$last" 2>/dev/null; then
    end 65 "${1:0:8} is older than ${last:0:8}, which was deployed last: nothing was changed."
  fi
  [[ -s $accepted ]] || return 0
  read -r last number <"$accepted"
  if [[ $1 != "$last" ]] && git -C "$clone" merge-base --is-ancestor "$1" "$last" 2>/dev/null; then
    end 65 "${1:0:8} is older than ${last:0:8}, which was deployed by pipeline number $number: nothing was changed."
  fi
  git -C "$clone" merge-base --is-ancestor "$last" "$1" 2>/dev/null && [[ $1 != "$last" ]] && return 0
  if ((mine > 0 && mine < number)); then # the same revision, or side by side
    end 65 "Pipeline number $mine is older than $number, which deployed ${last:0:8}: nothing was changed."
  fi
}

take_in() { # sets `candidate`
  local said status=0
  if [[ $1 == - ]]; then
    candidate=marquee:ci-$((10#${values[pipeline_iid]:-0}))
    complaint=$clone.complaint
    # `docker load` gives every name that an archive says: it says ours, whatever was sent.
    said=$(
      set +e
      docker compose exec -T controller python -m auto_deployment.gitlab.archive "$candidate" <&3 2>"$complaint" |
        docker load --quiet 2>&1
      ended=("${PIPESTATUS[@]}")
      exit $((ended[0] == 65 ? 65 : ended[1] ? ended[1] : ended[0]))
    ) || status=$?
    ((status != 65)) || end 64 "$(tail -n 1 "$complaint")"
    ((status == 0)) || because "$said"$'\n'"$(cat "$complaint" 2>/dev/null)" 75
  else
    said=$(docker pull --quiet "$1" 2>&1) || because "$said" 75
    candidate=$1
  fi
  loaded=$candidate
}

check_image() {
  local id label code
  id=$(docker image inspect --format '{{.Id}}' "$candidate")
  label=$(docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.revision"}}' "$candidate")
  [[ ${values[image_id]:-$id} == "$id" ]] || end 65 "The image that arrived, $id, is not the one that was tested, ${values[image_id]}."
  code=$("$project/scripts/gitlab/revision.sh" "$1" "$clone")
  [[ -n $label && $code == "$label"* ]] || end 65 "The image that arrived was built from ${label:-no known revision}, not from ${code:0:8}."
}

hand_over() {
  local said status=0 key words=()
  for key in image_id pipeline pipeline_url merge_request author approver ref; do
    [[ -n ${values[$key]:-} ]] && words+=("$key=${values[$key]}")
  done
  said=$(DEPLOY_BY=${values[author]:-pipeline} scripts/deploy.sh "$candidate" "${words[@]}" "revision=$1" 2>&1) || status=$?
  case $status in
    0)
      echo "$said"
      # Should this not be writable now, the controller's history still tells what is older.
      (echo "$1 $((10#${values[pipeline_iid]:-0}))" >"$accepted.new" && mv "$accepted.new" "$accepted") 2>/dev/null || true
      ;;
    2 | 3) because "$said" 65 ;;
    *) because "$said" 75 ;;
  esac
}

say() { # approve, abort, rollback
  local word=$1 words=() said
  shift
  allowed="by release reason"
  read_values "$@"
  [[ -n ${values[by]:-} ]] || end 64 "$word needs by=NAME."
  running
  if [[ -n ${values[release]:-} ]]; then
    if [[ $word == rollback ]]; then words+=("${values[release]}"); else words+=(--release "${values[release]}"); fi
  fi
  said=$(controller "$word" "${words[@]}" --by "${values[by]}" --reason "${values[reason]:-}" 2>&1) || because "$said" 65
  echo "$said"
}

continued() { # the cycle is the scheduler's: where one runs already, it says so
  allowed="by from"
  read_values "$@"
  [[ -n ${values[by]:-} ]] || end 64 "continue needs by=NAME."
  [[ ${values[from]:=champion} =~ ^[A-Za-z0-9][A-Za-z0-9-]*$ ]] || end 64 "${values[from]} is no version."
  docker compose exec -T scheduler true 2>/dev/null ||
    end 75 "The scheduler does not run on the server: \`docker compose up -d --wait\` there, then run this job again."
  local said
  said=$(docker compose exec -T scheduler marquee retrain --continue-from "${values[from]}" 2>&1) || because "$said" 65
  tail -n 1 <<<"$said"
}

complaint=
trap '[[ -z $complaint ]] || rm -f "$complaint"; [[ -z $loaded ]] || docker rmi "$loaded" >/dev/null 2>&1 || true' EXIT # its name for ever is the release's
declare -A values=()
exec 3<&0 </dev/null # an image that is sent is for `take_in` alone: `docker compose exec` would read it
read -r -a words <<<"${SSH_ORIGINAL_COMMAND:-}" || true
case ${words[0]:-} in
  model)
    running
    docker compose exec -T controller cat /data/releases/serving.json 2>/dev/null |
      sed -n 's/.*"model_version": *"\([^"]*\)".*/\1/p'
    ;;
  status)
    running
    controller status || [[ $? -lt 11 ]]
    ;;
  deploy) deploy "${words[@]:1}" ;;
  continue) continued "${words[@]:1}" ;;
  approve | abort | rollback) say "${words[@]}" ;;
  *) end 64 "Not understood: this key may say model, deploy, continue, approve, abort, rollback and status." ;;
esac
