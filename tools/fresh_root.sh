#!/usr/bin/env bash
# Boots systemd as process 1 in namespaces of its own, over a copy of a fresh Debian:
#   tools/fresh_root.sh FRESH_ROOT WORK KIND [PYTHON_FOLDER]
# KIND is systemd, or plain: then nothing runs but what is started, as in many containers.
# WORK/root is the copy (an overlay), WORK/pid the host's number of its process 1. It shares this
# machine's network and its package clients' configuration. Its end ends all that runs in it.
set -euo pipefail
fresh="$1" work="$2" kind="$3" python="${4:-}"
mkdir -p "$work/upper" "$work/work" "$work/root"

inside() {
    set -euo pipefail
    local fresh="$1" work="$2" kind="$3" python="$4" root="$2/root" each
    mount -t overlay overlay -o "lowerdir=$fresh,upperdir=$work/upper,workdir=$work/work" "$root"
    for each in /etc/resolv.conf /etc/pip.conf /etc/npmrc /root/.npmrc /root/.config/pip/pip.conf; do
        if [ -e "$each" ]; then
            install -D -m 600 "$(realpath "$each")" "$root$each"
        fi
    done
    chmod 644 "$root/etc/resolv.conf"
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/machine.crt"
    if [ -n "$python" ]; then
        mkdir -p "$root/opt/python"
        mount --bind -o ro "$python" "$root/opt/python"
        echo /opt/python/lib >"$root/etc/ld.so.conf.d/python.conf"
        chroot "$root" ldconfig
    fi
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for each in null zero full random urandom tty; do
        touch "$root/dev/$each"
        mount --bind "/dev/$each" "$root/dev/$each"
    done
    mkdir -p "$root/dev/pts" "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    ln -s /proc/self/fd "$root/dev/fd"
    for each in 0:stdin 1:stdout 2:stderr; do
        ln -s "/proc/self/fd/${each%%:*}" "$root/dev/${each#*:}"
    done
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    hostname fresh
    cd "$root"
    mkdir -p .before
    pivot_root . .before
    umount -l /.before
    if [ "$kind" = plain ]; then
        exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin sleep infinity
    fi
    exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --show-status=0 systemd.unit=multi-user.target
}

export -f inside
unshare --pid --mount --ipc --uts --cgroup --fork --kill-child --propagation private \
    bash -c 'inside "$@"' inside "$fresh" "$work" "$kind" "$python" </dev/null &
for _ in $(seq 50); do
    if first="$(cat "/proc/$!/task/$!/children" 2>/dev/null)" && [ -n "$first" ]; then
        echo "${first%% *}" >"$work/pid"
        break
    fi
    sleep 0.1
done
wait $!
