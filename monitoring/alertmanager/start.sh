#!/bin/sh
# Write Alertmanager's configuration from the environment, which Alertmanager itself does not read, and start it.
# The image has BusyBox only: no bash here. `start.sh --check` ends before the start.
set -eu

source_dir=${ALERTMANAGER_SOURCE_DIR:-/etc/alertmanager}
config=${ALERTMANAGER_CONFIG:-/tmp/alertmanager.yml}
slack_file=${SLACK_WEBHOOK_FILE:-}
umask 077   # the configuration may hold a password

refuse() {
  echo "$*" >&2
  exit 2
}

quoted() { # as a YAML string, whatever it holds
  printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

mail() {
  port=${SMTP_PORT:-25}
  case $port in *[!0-9]*) refuse "SMTP_PORT is '$port': use a number." ;; esac
  [ -n "${REPORT_TO:-}" ] || refuse "REPORT_TO is empty while SMTP_HOST is set: say who gets the alerts."
  case ${SMTP_SECURITY:-none} in
    none) encryption='require_tls: false' ;;
    starttls) encryption='require_tls: true' ;;
    tls) encryption='force_implicit_tls: true' ;;
    *) refuse "SMTP_SECURITY is '$SMTP_SECURITY': use one of none, starttls, tls." ;;
  esac
  if [ -n "${SMTP_USERNAME:-}" ]; then
    [ "$encryption" != 'require_tls: false' ] ||
      refuse "SMTP_USERNAME is set while SMTP_SECURITY is none: use starttls or tls, or anybody can read the password."
    [ -n "${SMTP_PASSWORD:-}${SMTP_PASSWORD_FILE:-}" ] ||
      refuse "SMTP_PASSWORD is empty while SMTP_USERNAME is set: a login needs both."
  fi
  cat <<END
    email_configs:
      - to: $(quoted "$REPORT_TO")
        from: $(quoted "${MAIL_FROM:-marquee@localhost}")
        smarthost: $(quoted "$SMTP_HOST:$port")
        $encryption
        send_resolved: true
        headers: {Subject: '{{ template "marquee.subject" . }}'}
        html: '{{ template "marquee.html" . }}'
        text: '{{ template "marquee.text" . }}'
END
  [ -z "${SMTP_USERNAME:-}" ] || echo "        auth_username: $(quoted "$SMTP_USERNAME")"
  if [ -n "${SMTP_PASSWORD_FILE:-}" ]; then
    [ -r "$SMTP_PASSWORD_FILE" ] || refuse "SMTP_PASSWORD_FILE is '$SMTP_PASSWORD_FILE', which cannot be read."
    echo "        auth_password_file: $(quoted "$SMTP_PASSWORD_FILE")"
  elif [ -n "${SMTP_PASSWORD:-}" ]; then
    echo "        auth_password: $(quoted "$SMTP_PASSWORD")"
  fi
  if [ -n "${SMTP_CA_FILE:-}" ]; then
    [ -r "$SMTP_CA_FILE" ] || refuse "SMTP_CA_FILE is '$SMTP_CA_FILE', which cannot be read."
    echo "        tls_config: {ca_file: $(quoted "$SMTP_CA_FILE")}"
  fi
}

slack() {
  cat <<END
    slack_configs:
      - api_url_file: $(quoted "$slack_file")
        send_resolved: true
        title: '{{ template "marquee.subject" . }}'
        text: '{{ template "marquee.text" . }}'
END
}

configure() {
  cp "$source_dir/alertmanager.yml" "$config.new"
  if [ -n "${SMTP_HOST:-}" ]; then
    mail >> "$config.new"
  fi
  if [ -n "$slack_file" ]; then
    [ -r "$slack_file" ] || refuse "SLACK_WEBHOOK_FILE is '$slack_file', which cannot be read."
    [ ! -s "$slack_file" ] || slack >> "$config.new"   # an empty secret: no Slack
  fi
  mv "$config.new" "$config"
}

# The demo's mailbox comes and goes as its profile does, which nobody here is told: its page says whether it is there.
watch_mailbox() {
  was=away
  while sleep "${DEMO_MAILBOX_EVERY_S:-15}"; do
    is=away
    SMTP_HOST=
    if wget -q -T 2 -O /dev/null "http://${DEMO_MAILBOX%:*}:1080/healthz" 2>/dev/null; then
      is=there
      SMTP_HOST=${DEMO_MAILBOX%:*} SMTP_PORT=${DEMO_MAILBOX##*:} REPORT_TO=${REPORT_TO:-you@localhost}
    fi
    [ "$is" != "$was" ] || continue
    was=$is
    configure
    kill -HUP $$   # Alertmanager by then, which reads its configuration again
  done
}

configure
if [ "${1:-}" = --check ]; then
  exec amtool check-config "$config"
fi
if [ -z "${SMTP_HOST:-}" ] && [ -n "${DEMO_MAILBOX:-}" ]; then
  SMTP_SECURITY='' SMTP_USERNAME='' SMTP_PASSWORD='' SMTP_PASSWORD_FILE='' SMTP_CA_FILE='' watch_mailbox &
fi
exec alertmanager --config.file="$config" --storage.path=/alertmanager "$@"
