/** One way to call the API: an answer, or an ApiError that says what went wrong. */
import type { Problem } from "./types";

const TIMEOUT_MS = 20_000;

/** `status` 0: no answer came, so nobody knows whether the request arrived. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly fields: Record<string, string[]> = {},
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}

async function refusal(response: Response): Promise<ApiError> {
  const type = response.headers.get("content-type") ?? "";
  const body: unknown = type.includes("json") ? await response.json() : null;
  if (isProblem(body)) return new ApiError(response.status, body.code, body.detail, body.fields);
  return new ApiError(response.status, "unexpected", `The server answered ${response.status}.`);
}

const send = (url: string, init: RequestInit) =>
  fetch(url, {
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...init,
    headers: { Accept: "application/json", ...init.headers },
  });

/** Calls `url`; throws ApiError on a refusal, a timeout or no network. */
export async function apiCall<Answer>(url: string, init: RequestInit = {}): Promise<Answer> {
  let response: Response;
  const isRead = (init.method ?? "GET") === "GET";
  try {
    // A connection that the server was just closing fails at once; a read may be asked again.
    response = await send(url, init).catch((cause: unknown) => {
      if (isRead && cause instanceof TypeError) return send(url, init);
      throw cause;
    });
  } catch (cause) {
    throw new ApiError(0, "network", cause instanceof Error ? cause.message : "no answer");
  }
  if (!response.ok) throw await refusal(response);
  return (response.status === 204 ? undefined : await response.json()) as Answer;
}
