// The token of whoever uses the dashboard, where the server asks for one. It is
// kept for this tab alone, and asked for once, however many requests wait for it.
const KEY = "volary.token";

export const token = (): string => sessionStorage.getItem(KEY) ?? "";

/** The request with the token, if there is one. */
export function authorized(init: RequestInit = {}): RequestInit {
  if (!token()) return init;
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token()}`);
  return { ...init, headers };
}

let asking: Promise<boolean> | undefined;

/** Asks for a token; false when none was given. */
export function askToken(): Promise<boolean> {
  asking ??= ask().finally(() => {
    asking = undefined;
  });
  return asking;
}

function ask(): Promise<boolean> {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const label = document.createElement("label");
  label.textContent = token() ? "This token does not hold any more. Token " : "This server asks for a token ";
  const input = document.createElement("input");
  input.type = "password";
  input.autocomplete = "off";
  input.required = true;
  const button = document.createElement("button");
  button.textContent = "Enter";
  button.value = "enter";
  label.append(input);
  form.append(label, button);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((then) => {
    dialog.addEventListener("close", () => {
      const given = dialog.returnValue === "enter" ? input.value.trim() : "";
      if (given) sessionStorage.setItem(KEY, given);
      dialog.remove();
      then(given !== "");
    });
  });
}
