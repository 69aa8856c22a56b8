import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { ApiError, apiCall } from "./http";

let server: Server | null = null;

/** A real server on a port of its own; returns its address. */
async function serve(listener: RequestListener): Promise<string> {
  const made = createServer(listener);
  server = made;
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
}

afterEach(async () => {
  const made = server;
  server = null;
  if (made?.listening) await new Promise((resolve) => made.close(resolve));
});

async function refused(url: string): Promise<ApiError> {
  const error: unknown = await apiCall(url).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error("the call was not refused");
  return error;
}

describe("a call of the API", () => {
  it("asks for JSON and gives the answer", async () => {
    const url = await serve((request, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify({ accept: request.headers.accept, method: request.method }));
    });
    expect(await apiCall(url, { method: "POST" })).toEqual({
      accept: "application/json",
      method: "POST",
    });
  });

  it("keeps what a problem says, field by field", async () => {
    const problem = { code: "invalid", detail: "Correct it.", fields: { "donor.name": ["Enter"] } };
    const url = await serve((_, response) => {
      response.writeHead(400, { "Content-Type": "application/problem+json" });
      response.end(JSON.stringify(problem));
    });
    const { status, code, message, fields } = await refused(url);
    expect({ status, code, message, fields }).toEqual({
      status: 400,
      code: "invalid",
      message: "Correct it.",
      fields: { "donor.name": ["Enter"] },
    });
  });

  it("does not take a page for a problem", async () => {
    const url = await serve((_, response) => {
      response.writeHead(502, { "Content-Type": "text/html" });
      response.end("<h1>Bad gateway</h1>");
    });
    const error = await refused(url);
    expect([error.status, error.code, error.fields]).toEqual([502, "unexpected", {}]);
  });

  it("says status 0 when no answer came", async () => {
    const url = await serve((request) => request.socket.destroy());
    const error = await refused(url);
    expect([error.status, error.code]).toEqual([0, "network"]);
  });
});
