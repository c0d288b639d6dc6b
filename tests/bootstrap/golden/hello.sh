#!/bin/bash
# hello.web on stack dev, rendered by compute-instances. cloud-init runs it once, as root, at first boot.

set -Eeuo pipefail
umask 022
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive

readonly version=a63e9013
readonly log=/var/log/compute-instances.log
readonly work=/var/lib/compute-instances
readonly service=/etc/sv/app
mkdir -p "$work" "$service/env" "$service/log" /var/log/app
chmod 700 "$service/env"
exec </dev/null >>"$log" 2>&1

# The report. The console is opened for each line, because a getty that starts hangs up whoever holds it.
say() { { printf '\ncompute-instances: v1 version=%s %s\n' "$version" "$*" >/dev/console; } 2>/dev/null || :; }
now() { date +%s%3N; }
began=$(now) step=start step_began=$began
begin() { step=$1 step_began=$(now) && echo "== $step"; }
finish() { say "step=$step status=ok ms=$(($(now) - step_began))"; }

# What leaves a failed machine names the values of the app's environment and does not show them.
# By lines, because logs are cut into lines; the longest first, because one value may hold another.
values() {
  local file
  for file in "$service/env"/*; do
    [ ! -s "$file" ] || tr '\0' '\n' <"$file" | awk -v name="${file##*/}" 'length >= 6 { print length, name, $0 }'
  done | sort -rn
}
redacted() {
  local text name value
  text=$(tr -d '\0')
  while read -r _ name value; do text=${text//"$value"/"[$name]"}; done < <(values)
  printf '%s\n' "$text" | tr -cd '\11\12\40-\176' | sed 's/compute-instances:/compute-instances;/g' # forges no report
}
tell() {
  local line
  while IFS= read -r line; do say "log| ${line:0:300}"; done < <(tail -n 15 | redacted)
}
fail() {
  trap - ERR EXIT
  set +e
  [ "$BASHPID" = $$ ] || exit "$1" # a subshell: the script itself reports
  say "step=$step status=failed exit=$1 ms=$(($(now) - step_began))"
  [ "$step" != check ] || tell </var/log/app/current
  sed -n "/^== $step\$/,\$p" "$log" | tell
  say "failed step=$step exit=$1"
  exit "$1"
}
trap 'fail $?' ERR
trap 'code=$?; [ "$code" -eq 0 ] || fail "$code"' EXIT

# Tries a command for SECONDS, every $pause of them, unless it ends with 3: then another try is of no use.
persist() {
  local last=$((SECONDS + $1)) code
  shift
  while :; do
    code=0
    "$@" || code=$?
    if [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || [ "$SECONDS" -ge "$last" ]; then return "$code"; fi
    sleep "${pause:-2}"
  done
}
say started

# the app's environment comes first: whatever fails from here on can be told without its values
put() { { printf '%s' "$2" | tr '\n' '\0' && echo; } >"$service/env/$1"; } # an empty file would unset
find "$service/env" -type f -delete
put PORT 8080
put GREETING 'a $(greeting), {{7*7}} & '"'"'quotes'"'"''
put KEY 'two
lines
'

begin system
# shellcheck source=/dev/null
. /etc/os-release
if [ "$ID $VERSION_ID" != 'debian 12' ]; then
  echo "this image is $ID $VERSION_ID; the supported one is Debian 12"
  exit 1
fi
finish

begin packages
# apt's own retries wait longer and longer, and go on waiting when all is well again; ours look every 2 seconds
apt=(apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-unsafe-io -o Acquire::Retries=0
  -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 -o Acquire::Languages=none
  -o Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false)
refresh() { "${apt[@]}" update -o APT::Update::Error-Mode=any; }
persist 60 refresh
install=(install -y --no-install-recommends runit runit-run ruby)
bring() {
  "${apt[@]}" "${install[@]}" && return 0
  "${apt[@]}" -s "${install[@]}" >/dev/null || return 3 # there are no such packages, so waiting is of no use
  return 1
}
persist 120 bring # somebody else may hold apt's locks at first boot
finish

# our hero
begin user
id app >/dev/null 2>&1 || useradd --system --user-group --home-dir /srv/app --no-create-home --shell /usr/sbin/nologin app
finish

# fetch the app
begin fetch
readonly slug=$work/slug
readonly slug_url=https://slugs.example.com/hello.tar.gz
fetched() { # STATUS: judges the answer that curl got
  [ "$1" != 200 ] || return 0
  echo "${slug_url%%\?*} answered $1"
  case $1 in
    408 | 429) return 1 ;;
    4??) return 3 ;;
    *) return 1 ;;
  esac
}
# A fetch may be slow, for only deploy.healthy_deadline bounds it; one that stalls is tried again.
fetch() {
  local status
  status=$(curl -gsS -L --proto '=https' --connect-timeout 10 --speed-limit 1024 --speed-time 30 -o "$slug" -w '%{http_code}' "$slug_url") || return 1
  fetched "$status"
}
persist 60 fetch
read -r sha256 _ < <(sha256sum "$slug")
if [ "$sha256" != 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ]; then
  echo "what was fetched has the sha256 $sha256 and not 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
  exit 1
fi
finish

# unpacked as app beside the old one, then switched: never half an app
begin unpack
# Looked through before a byte of it is written: what a slug holds goes under /srv/app and nowhere else.
# Not all is left to tar: it would follow some links, keep others that lead out, and fill the disk.
vet() {
  runuser -u app -- python3 - "$slug" <<'PYTHON'
import os, posixpath, resource, subprocess, sys, tarfile

def opened(path):
    with open(path, "rb") as file:
        head = file.read(60)
    try:
        if head[:4] != b"\x28\xb5\x2f\xfd":
            return tarfile.open(path)
        zstd = subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE)
        return tarfile.open(fileobj=zstd.stdout, mode="r|")
    except tarfile.ReadError:
        sys.exit("the slug is no tarball; it begins with %r" % head)

def members(tar):
    while member := tar.next():
        yield member
        tar.members = []
    if tar.fileobj.tell() - tar.offset < tarfile.BLOCKSIZE:
        sys.exit("the slug is no whole tarball: it has no end")
    while tar.fileobj.read(1 << 16):
        pass  # the checksum comes last

links = set()

def climbs(name):
    return name.startswith("/") or ".." in name.split("/")

def behind_link(name, last):
    steps = posixpath.normpath(name).split("/")
    return any("/".join(steps[:n]) in links for n in range(1, len(steps) + last))

def leads_out(link):
    steps = link.linkname.split("/")
    while steps and steps[0] in (".", ".."):
        steps.pop(0)
    target = posixpath.join(posixpath.dirname(link.name), link.linkname)
    return ".." in steps or climbs(posixpath.normpath(target))

def fault(member):
    if climbs(member.name):
        return "its name leaves the app's folder"
    if behind_link(member.name, last=False):
        return "it lies behind a link"
    if member.issym() and leads_out(member) or member.islnk() and climbs(member.linkname):
        return "it is a link to %a, out of the app's folder" % member.linkname
    if member.islnk() and behind_link(member.linkname, last=True):
        return "it is a hard link to %a, which is a link" % member.linkname
    if not (member.isfile() or member.isdir() or member.issym() or member.islnk()):
        return "it is neither file, folder nor link"
    if member.isfile() and member.mode & 0o6000:
        return "it is setuid or setgid"
    if member.size < 0:
        return "its size is negative"

def vet(path):
    disk = os.statvfs("/srv")
    free, size, count = disk.f_bavail * disk.f_frsize, 0, 0
    for member in members(opened(path)):
        if why := fault(member):
            sys.exit("the slug's %a is refused: %s" % (member.name, why))
        if member.issym():
            links.add(posixpath.normpath(member.name))
        count += 1
        size += -(-member.size // disk.f_frsize) * disk.f_frsize
        if size > free:
            sys.exit("the slug unpacks to more than the %d MiB that the disk has left" % (free >> 20))
        if disk.f_files and count > disk.f_favail:
            sys.exit("the slug holds more than the %d files that the disk has room for" % disk.f_favail)

resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))  # a header may claim to be of any size
try:
    vet(sys.argv[1])
except Exception as error:
    sys.exit("the slug is no whole tarball: %s" % (str(error) or type(error).__name__))
PYTHON
}
vet
rm -rf /srv/app.new
install -d -o app -g app /srv/app.new
runuser -u app -- tar -x -f "$slug" -C /srv/app.new --no-same-owner --no-same-permissions
rm -rf /srv/app "$slug"
mv -T /srv/app.new /srv/app
finish

begin configure
# write our runit script
cat >"$service/run" <<'RUN'
#!/bin/bash
exec 2>&1
cd /srv/app || exit 1
export HOME=/srv/app LANG=C.UTF-8
exec chpst -u app:app -e /etc/sv/app/env bash -c 'bin/web --greeting "it'"'"'s $GREETING"'
RUN

# runit tells this one how the app ended
cat >"$service/finish" <<'FINISH'
#!/bin/bash
if [ "$1" -ge 0 ]; then echo "the app exited with code $1"; else echo "the app was ended by signal $2"; fi
[ ! -e /run/app-exits ] || echo "$1" >>/run/app-exits
FINISH

# write our runit logger script
printf 's10000000\nn10\n' >/var/log/app/config
cat >"$service/log/run" <<'RUN'
#!/bin/bash
exec svlogd -tt /var/log/app
RUN
chmod 755 "$service/run" "$service/finish" "$service/log/run"
finish

# symlink to turn our app on
begin service
: >/run/app-exits
if [ -e /etc/service/app ] && sv status app; then
  sv -w 30 force-restart app
else
  ln -sfn "$service" /etc/service/app
  # runsvdir looks every 5 seconds; it looks at once when it starts and its folder is not brand-new
  touch -d '-10 seconds' /etc/service/.
  systemctl restart runit.service
fi
supervised() { [ -p "$service/supervise/ok" ]; }
pause=0.1 persist 20 supervised
finish

begin check
exits() { wc -l </run/app-exits; }
give_up() { echo "$*"; exit 1; }
# `ask` says in $fault what is wrong, if anything is
readonly url=http://127.0.0.1:8080/up
is_healthy() { { [ "$1" -ge 200 ] && [ "$1" -le 399 ]; }; }
ask() {
  local status
  status=$(curl -gs -o /dev/null -m 5 -w '%{http_code}' "$url") ||
    { fault="GET $url gave no whole answer (curl: $?)"; return; }
  is_healthy "$status" || fault="GET $url gave $status"
}
started=$SECONDS healthy_since='' healthy=0
while :; do
  [ "$(exits)" -lt 3 ] || give_up 'the app exited 3 times while it was checked'
  fault=''
  ask
  [ -n "$fault" ] || [ "$(exits)" = "${exits_then:=$(exits)}" ] || fault='the app exited after it was healthy'
  if [ -z "$fault" ]; then
    : "${healthy_since:=$SECONDS}"
    healthy=$((healthy + 1)) left=$((5 - SECONDS + healthy_since))
    [ "$left" -gt 0 ] || [ "$healthy" -lt 2 ] || break
    sleep $((left > 0 && left < 5 ? left : 5))
  else
    [ $((SECONDS - started)) -lt 30 ] || give_up "$fault, more than 30 seconds after the start"
    healthy_since='' healthy=0 exits_then=''
    sleep 0.5
  fi
done
rm -f /run/app-exits "$work/answer"
finish
say "ready ms=$(($(now) - began))"
