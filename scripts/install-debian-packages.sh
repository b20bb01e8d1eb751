#!/usr/bin/env bash
# Installs the Debian packages that the tests need and this machine lacks.
set -euo pipefail

missing=()
for package in chromium firefox-esr prometheus redis-server nats-server postgresql; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing ${missing[*]} …"
sudo=$([ "$(id -u)" -eq 0 ] || echo sudo)
install() {
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
$sudo apt-get update -qq
case " ${missing[*]} " in
  *" postgresql "*)
    # Tests make their own databases: the package need not make one, and run it.
    install postgresql-common
    $sudo sed -ri 's/^#?(create_main_cluster) .*/\1 = false/' /etc/postgresql-common/createcluster.conf
    ;;
esac
install "${missing[@]}"
