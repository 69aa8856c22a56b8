// Lets Next.js's server listen on the socket that systemd holds (sd_listen_fds(3)), so that no
// request is refused while it restarts, or on the Unix socket SITE_SOCKET (containers). Without
// either it listens on HOSTNAME and PORT.
const net = require("node:net");

const FIRST_FD = 3;
const listen = net.Server.prototype.listen;

function given() {
  const { LISTEN_FDS, LISTEN_PID, SITE_SOCKET } = process.env;
  if (LISTEN_FDS === "1" && LISTEN_PID === String(process.pid)) return { fd: FIRST_FD };
  return SITE_SOCKET ? { path: SITE_SOCKET } : null;
}

const place = given();
if (place) {
  delete process.env.LISTEN_FDS;
  delete process.env.LISTEN_PID;
  net.Server.prototype.listen = function listenThere() {
    net.Server.prototype.listen = listen;
    return listen.call(this, place);
  };
}
