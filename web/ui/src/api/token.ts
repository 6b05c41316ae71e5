// The token comes once, in the address, and is kept for this tab only.

const storageKey = "profilemate.token";

/** takeToken moves the token from the address bar into the tab's storage. */
export function takeToken(): void {
  const url = new URL(location.href);
  const token = url.searchParams.get("token");
  if (token === null) return;
  sessionStorage.setItem(storageKey, token);
  url.searchParams.delete("token");
  history.replaceState(history.state, "", url);
}

/** token is the tab's token, or empty where the cookie has to do. */
export function token(): string {
  return sessionStorage.getItem(storageKey) ?? "";
}

/** withToken adds the token to a path that the browser itself asks for: a download or a socket. */
export function withToken(path: string): string {
  const t = token();
  if (t === "") return path;
  return path + (path.includes("?") ? "&" : "?") + "token=" + encodeURIComponent(t);
}

/** credentials are the headers that prove a request is this page's. */
export function credentials(): Record<string, string> {
  const headers: Record<string, string> = {};
  if (token() !== "") headers["Authorization"] = "token " + token();
  const xsrf = cookie(document.cookie, "_xsrf");
  if (xsrf !== "") headers["X-XSRFToken"] = xsrf;
  return headers;
}

/** cookie finds a cookie's value in the form of document.cookie; empty when there is none. */
export function cookie(all: string, name: string): string {
  for (const part of all.split(/;\s*/)) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at) === name) return decodeURIComponent(part.slice(at + 1));
  }
  return "";
}
