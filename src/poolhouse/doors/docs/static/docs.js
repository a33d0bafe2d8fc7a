// Draws the reference from the OpenAPI document beside it. All text goes in as text, never as HTML.
"use strict";

const BADGES = { signed: "signed", "access-token": "token", open: "open" };
const at = (id) => document.getElementById(id);
let doc;
let operations;

/* Building ------------------------------------------------------------------------------------ */

function made(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity));
  return element;
}

const code = (text, className = "") => made("code", { class: className }, text);

// A long name may break between its words.
const breakable = (name) => name.split(/(?<=[a-z0-9])(?=[A-Z])/).flatMap((word, i) => (i ? [made("wbr"), word] : [word]));

/* Reading schemas ----------------------------------------------------------------------------- */

function resolved(schema) {
  return schema.$ref ? doc.components.schemas[schema.$ref.split("/").pop()] : schema;
}

const named = (schema) => (schema.$ref || "").split("/").pop().split(".").slice(1).join(".");

function typeOf(schema) {
  if (schema.$ref) return named(schema);
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.type === "object") return `map of string to ${typeOf(schema.additionalProperties)}`;
  if (schema.contentEncoding) return "base64";
  if (schema.description === "Seconds since the epoch.") return "timestamp";
  return schema.format ? `${schema.type} (${schema.format})` : schema.type || "any JSON value";
}

function range(least, most, unit) {
  if (least === undefined && most === undefined) return [];
  if (least === most) return [`exactly ${least}${unit}`];
  if (most === undefined) return [`at least ${least}${unit}`];
  return [least ? `${least} to ${most}${unit}` : `up to ${most}${unit}`];
}

function limitsOf(schema) {
  const limits = [
    ...range(schema.minLength, schema.maxLength, " characters"),
    ...range(schema.minItems, schema.maxItems, " items"),
    ...range(schema.minProperties, schema.maxProperties, " entries"),
    ...range(schema.minimum, schema.maximum, ""),
  ];
  if (schema["x-sensitive"]) limits.push("sensitive");
  const items = limits.map((limit) => made("li", {}, limit));
  if (schema.enum) {
    items.push(made("li", {}, "one of ", schema.enum.map((value, i) => [i ? " " : "", code(value)])));
  }
  if (schema.pattern) items.push(made("li", {}, "pattern ", code(schema.pattern.slice(4, -2))));
  return items;
}

// What is inside a value, however deep in lists and maps: the structure it is made of.
function inside(schema) {
  if (schema.$ref) return schema;
  if (schema.items) return inside(schema.items);
  if (schema.additionalProperties) return inside(schema.additionalProperties);
  return null;
}

function membersOf(schema) {
  const shape = resolved(schema);
  const names = Object.keys(shape.properties || {});
  if (!names.length) return made("p", { class: "quiet" }, "No members.");
  const needed = new Set(shape.required || []);
  names.sort((one, other) => needed.has(other) - needed.has(one));
  return made("ul", { class: "members" }, names.map((name) =>
    memberOf(name, shape.properties[name], needed.has(name))));
}

function memberOf(name, schema, required) {
  const head = made("div", { class: "member" }, code(name, "name"), made("span", { class: "type" }, typeOf(schema)));
  if (required) head.append(made("span", { class: "required" }, "required"));
  const item = made("li", {}, head);
  const limits = [...limitsOf(schema), ...(schema.items ? limitsOf(schema.items) : [])];
  if (limits.length) item.append(made("ul", { class: "limits" }, limits));
  const structure = inside(schema);
  if (structure && resolved(structure).properties) item.append(folded(structure));
  return item;
}

// Drawn when it is opened: structures may hold themselves.
function folded(schema) {
  const details = made("details", {}, made("summary", {}, `Members of ${named(schema)}`));
  details.addEventListener("toggle", () => details.append(membersOf(schema)), { once: true });
  return details;
}

function example(schema, depth = 0) {
  const shape = resolved(schema);
  if (shape.enum) return shape.enum[0];
  if (shape.type === "array") return depth < 4 ? [example(shape.items, depth + 1)] : [];
  if (shape.type === "integer" || shape.type === "number") return shape.minimum || 0;
  if (shape.type === "boolean") return false;
  if (shape.type !== "object") return "";
  const wanted = depth < 4 ? shape.required || [] : [];
  return Object.fromEntries(wanted.map((name) => [name, example(shape.properties[name], depth + 1)]));
}

/* Commands ------------------------------------------------------------------------------------ */

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const compact = (body) => JSON.stringify(JSON.parse(body));
const addressOf = (path) => new URL(path.slice(1), document.baseURI).href;
const serverAddress = () => new URL(".", document.baseURI).href.replace(/\/$/, "");

function curlOf(operation, body) {
  const parts = [`curl ${quoted(addressOf(operation.path))}`];
  if (operation["x-caller"] === "signed") {
    parts.push(`--aws-sigv4 "aws:amz:${doc["x-region"]}:${operation.tags[0]}"`);
    parts.push('--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"');
  }
  parts.push("-H 'content-type: application/json'", `-d ${quoted(compact(body))}`);
  return parts.join(" \\\n  ");
}

function cliOf(operation, body) {
  const parts = [operation["x-aws-cli"], `--endpoint-url ${quoted(serverAddress())} --region ${doc["x-region"]}`];
  if (operation["x-caller"] !== "signed") parts.push("--no-sign-request");
  parts.push(`--cli-input-json ${quoted(compact(body))}`);
  return parts.join(" \\\n  ");
}

function commandBlock(title) {
  const text = made("pre", { tabindex: "0", "aria-label": title });
  const copy = made("button", { type: "button", class: "plain", "aria-label": `Copy: ${title}` }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  if (!navigator.clipboard) copy.hidden = true;
  const block = made("div", { class: "command" }, made("div", { class: "head" }, made("h3", {}, title), copy), text);
  return { block, text };
}

/* Trying -------------------------------------------------------------------------------------- */

function trial(operation) {
  const schema = operation.requestBody.content["application/json"].schema;
  const body = made("textarea", { id: "body", spellcheck: "false", autocomplete: "off", "aria-describedby": "problem" });
  body.value = JSON.stringify(example(schema), null, 2);
  const problem = made("p", { id: "problem", class: "problem", role: "alert" });
  // AWS's command line knows nothing of what is answered beyond AWS.
  const cli = operation["x-aws-cli"] ? commandBlock("AWS command line") : null;
  const curl = commandBlock("curl");
  const write = () => {
    try {
      if (cli) cli.text.textContent = cliOf(operation, body.value);
      curl.text.textContent = curlOf(operation, body.value);
      problem.textContent = "";
      body.removeAttribute("aria-invalid");
      return true;
    } catch (error) {
      problem.textContent = `Not JSON yet: ${error.message}`;
      body.setAttribute("aria-invalid", "true");
      return false;
    }
  };
  body.addEventListener("input", write);
  write();
  const parts = [made("label", { for: "body", class: "block" }, "Request body (JSON)"), body, problem];
  const result = made("div", { class: "answer", role: "status" });
  if (operation["x-caller"] === "signed") {
    parts.push(made("p", {}, "This operation is signed with an access key, which a browser should not hold. Run it in a shell:"));
  } else {
    parts.push(made("button", { type: "submit" }, "Send"), result);
  }
  const form = made("form", { novalidate: "" }, parts);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (write()) send(operation, body.value, form, result);
  });
  return [form, ...(cli ? [cli.block] : []), curl.block];
}

async function send(operation, body, form, result) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  result.replaceChildren("Sending …");
  const started = performance.now();
  try {
    const answer = await fetch(addressOf(operation.path), {
      method: "POST", body, headers: { "content-type": "application/json" }, credentials: "omit",
    });
    const text = await answer.text();
    result.replaceChildren(...answered(answer, text, performance.now() - started));
  } catch (error) {
    result.replaceChildren(made("p", { class: "status bad" }, `No answer: ${error.message}`));
  } finally {
    button.disabled = false;
  }
}

function answered(answer, text, milliseconds) {
  const name = answer.headers.get("x-amzn-errortype");
  const title = `${answer.status}${name ? ` ${name.replace(/:$/, "")}` : ""}`;
  const id = answer.headers.get("x-amzn-requestid");
  const about = `${Math.round(milliseconds)} ms${id ? `, request ${id}` : ""}`;
  let shown = text;
  try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* an empty body is no JSON */ }
  const head = made("p", {}, made("span", { class: `status ${answer.ok ? "good" : "bad"}` }, title),
    " ", made("span", { class: "quiet" }, about));
  return [made("h3", {}, "Answer"), head, made("pre", { tabindex: "0" }, shown || "(an empty body)")];
}

/* Pages --------------------------------------------------------------------------------------- */

function errorsOf(operation) {
  const rows = [];
  for (const [status, response] of Object.entries(operation.responses)) {
    if (status === "200") continue;
    const modelled = new Set(response["x-modelled"]);
    const all = response.content["application/json"].schema.allOf[1].properties.__type.enum;
    for (const name of all) rows.push([status, name, modelled.has(name)]);
  }
  rows.sort((one, other) => other[2] - one[2]);
  const body = rows.map(([status, name, own]) =>
    made("tr", {}, made("td", {}, code(name)), made("td", {}, status), made("td", {}, own ? "this operation" : "any request")));
  const head = made("tr", {}, ["Error", "Status", "Declared by"].map((title) => made("th", { scope: "col" }, title)));
  return made("div", { class: "scroll" }, made("table", {}, made("thead", {}, head), made("tbody", {}, body)));
}

function operationPage(operation) {
  const [service, name] = operation.operationId.split(".");
  const request = operation.requestBody.content["application/json"].schema;
  const content = operation.responses["200"].content;
  const facts = made("dl", { class: "facts" },
    made("dt", {}, "Path"), made("dd", {}, made("span", { class: "post" }, "POST "), code(operation.path)),
    made("dt", {}, "Service"), made("dd", {}, service),
    made("dt", {}, "Caller"), made("dd", {}, marked(operation.description)));
  if (operation["x-caller"] === "signed") {
    facts.append(made("dt", {}, "IAM action"), made("dd", {}, code(operation["x-iam-action"])));
  }
  return [
    made("h1", { tabindex: "-1" }, breakable(name)),
    made("p", { class: "summary" }, marked(operation.summary)),
    facts,
    made("h2", {}, "Try it"), ...trial(operation),
    made("h2", {}, "Request"), membersOf(request),
    made("h2", {}, "Response"),
    content ? membersOf(content["application/json"].schema) : made("p", { class: "quiet" }, "The body is empty."),
    made("h2", {}, "Errors"), errorsOf(operation),
  ];
}

function welcomePage() {
  const paragraphs = doc.info.description.trim().split(/\n\n/);
  const parts = paragraphs.map((text) => text.startsWith("- ")
    ? made("ul", { class: "welcome" }, text.slice(2).split(/\n- /).map((item) => made("li", {}, marked(item))))
    : made("p", {}, marked(text)));
  const scheme = doc.components.securitySchemes.sigv4.description;
  return [
    made("h1", { tabindex: "-1" }, "Reference"),
    made("p", { class: "summary" }, doc.info.summary),
    ...parts,
    made("h2", {}, "Who may call"),
    made("dl", { class: "facts" },
      made("dt", {}, badge("signed")), made("dd", {}, marked(scheme)),
      made("dt", {}, badge("access-token")), made("dd", {}, "The request carries an access token of a signed-in user."),
      made("dt", {}, badge("open")), made("dd", {}, "Anyone may ask; the operation checks what it is given.")),
  ];
}

// `code` between backquotes is the only mark-up in the document's texts.
const marked = (text) => text.split("`").map((part, i) => (i % 2 ? code(part) : part));
const badge = (caller) => made("span", { class: `badge ${caller}` }, BADGES[caller]);

function show() {
  const id = decodeURIComponent(location.hash.slice(1));
  const operation = operations.find((one) => one.operationId === id);
  at("main").replaceChildren(...(operation ? operationPage(operation) : welcomePage()));
  document.title = operation ? `${operation.operationId} – Poolhouse reference` : "Poolhouse reference";
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.id === id) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({ block: "nearest" });
    } else link.removeAttribute("aria-current");
  }
  return operation;
}

/* The list ------------------------------------------------------------------------------------ */

function wordsOf(operation) {
  const apart = operation.operationId.replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  return `${operation.operationId} ${apart} ${operation.summary}`.toLowerCase();
}

function list(found) {
  const sections = doc.tags.map(({ name }) => {
    const own = found.filter((operation) => operation.tags[0] === name);
    if (!own.length) return [];
    const links = own.map((operation) => made("li", {}, made("a",
      { href: `#${operation.operationId}`, "data-id": operation.operationId },
      made("span", {}, breakable(operation.operationId.split(".")[1])), badge(operation["x-caller"]))));
    const heading = `service-${name}`;
    return made("section", { "aria-labelledby": heading }, made("h2", { id: heading }, name), made("ul", {}, links));
  });
  at("services").replaceChildren(...sections.flat());
  at("count").textContent = found.length === 1 ? "1 operation" : `${found.length} operations`;
}

function search() {
  const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  list(operations.filter((operation) => words.every((word) => operation.words.includes(word))));
  const current = decodeURIComponent(location.hash.slice(1));
  document.querySelector(`nav a[data-id="${CSS.escape(current)}"]`)?.setAttribute("aria-current", "page");
}

async function begin() {
  at("loading").hidden = false;
  doc = await (await fetch("openapi.json", { credentials: "omit" })).json();
  operations = Object.entries(doc.paths).map(([path, item]) => ({ path, ...item.post }));
  for (const operation of operations) operation.words = wordsOf(operation);
  at("version").textContent = doc.info.version;
  at("server").textContent = doc.servers[0].url;
  list(operations);
  at("search").addEventListener("input", search);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();  // the fragment names the operation
    at("main").focus();
  });
  window.addEventListener("hashchange", () => {
    if (show()) {
      window.scrollTo(0, 0);
      at("main").querySelector("h1").focus({ preventScroll: true });
    }
  });
  show();
}

begin().catch((error) => {
  at("main").replaceChildren(made("h1", {}, "The reference could not be loaded"), made("p", {}, String(error)));
});
