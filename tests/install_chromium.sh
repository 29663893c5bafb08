#!/bin/sh
# The browser tests drive the system's Chromium. Where it is missing, root on Debian installs it; others are told what to install.
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium and are skipped without it. On Debian and Ubuntu: sudo apt-get install chromium"
