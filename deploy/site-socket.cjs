// Lets Next.js's server listen on the socket that systemd holds (sd_listen_fds(3)), so that no
// request is refused while it restarts. Without such a socket it listens on HOSTNAME and PORT.
const net = require("node:net");

const FIRST_FD = 3;
const listen = net.Server.prototype.listen;

if (process.env.LISTEN_FDS === "1" && process.env.LISTEN_PID === String(process.pid)) {
  delete process.env.LISTEN_FDS;
  delete process.env.LISTEN_PID;
  net.Server.prototype.listen = function listenOnGiven() {
    net.Server.prototype.listen = listen;
    return listen.call(this, { fd: FIRST_FD });
  };
}
