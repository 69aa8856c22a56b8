// Django on port 8000 of the site's own container, as on a machine: each connection goes on to web's socket.
const net = require("node:net");

net
  .createServer((asked) => {
    const web = net.connect("/run/domaap/web-container.sock");
    for (const end of [asked, web]) {
      end.on("error", () => {
        asked.destroy();
        web.destroy();
      });
    }
    asked.pipe(web).pipe(asked);
  })
  .listen(8000, "127.0.0.1");
