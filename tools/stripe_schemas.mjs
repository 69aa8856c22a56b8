// JSON Schema from the types of Stripe's own Node package: what each route takes and answers, each object, each event.
// `node stripe_schemas.mjs FILE` writes them. The stand-in is held to them in every test (stripe_sim/schemas.py).
//
// An object (a type with a literal `object`) inside another is only named there: whoever checks walks the answer and
// checks each object by its own schema. So no schema is recursive, and an unexpanded id is as good as the object.
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

const STRIPE = join(import.meta.dirname, "node_modules", "stripe", "esm");
const RESOURCES = join(STRIPE, "resources");

// What real Stripe sends though its types don't say so; each value is the schema of the field.
const UNDOCUMENTED = {
  // Seen in recorded answers; left over from the Sources, Orders and Connect of old.
  charge: {
    destination: { type: ["string", "null"] },
    dispute: { type: ["string", "null"] },
    order: { type: ["string", "null"] },
  },
  // The types list the codes of a payment's errors; those of a wrong request are more (docs.stripe.com/error-codes).
  error: { code: { type: "string" } },
};
// `number` is an integer to Stripe (money is in minor units) but for these.
const FRACTIONS =
  /percent|(^|_)rate$|ratio|score|latitude|longitude|^(height|length|width|weight)$/;
const NUMERIC = "^-?\\d+(\\.\\d+)?$";

const program = ts.createProgram([join(STRIPE, "stripe.core.d.ts")], {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noLib: false,
  types: [],
  target: ts.ScriptTarget.ESNext,
});
const checker = program.getTypeChecker();
const objects = new Map(); // name -> Map(type -> schema)
const waiting = [];

function is(type, flag) {
  return (type.flags & flag) !== 0;
}

function literalOf(type, name) {
  const property = type.getProperty?.(name);
  const found = property && checker.getTypeOfSymbol(property);
  return found?.isStringLiteral() ? found.value : undefined;
}

function isDeletedForm(type) {
  const property = type.getProperty("deleted");
  return property !== undefined && checker.typeToString(checker.getTypeOfSymbol(property)) === "true";
}

/** How an object is named where another holds it; its own schema is made later, once. */
function objectNamed(type, kind) {
  const isDeleted = isDeletedForm(type);
  const name = isDeleted ? `${kind}:deleted` : kind;
  if (!objects.has(name)) objects.set(name, new Map());
  if (!objects.get(name).has(type)) {
    objects.get(name).set(type, null);
    waiting.push([name, type]);
  }
  const named = { type: "object", properties: { object: { const: kind } }, required: ["object"] };
  if (!isDeleted) return { ...named, not: { required: ["deleted"] } };
  return {
    ...named,
    properties: { ...named.properties, deleted: { const: true } },
    required: ["object", "deleted"],
  };
}

/** The schema of a type, as JSON in an answer or, `isForm`, as the text of a form. */
function schemaOf(type, isForm, name = "", path = []) {
  if (type.isUnion()) return schemaOfUnion(type, isForm, name, path);
  if (is(type, ts.TypeFlags.StringLiteral)) return { const: type.value };
  if (is(type, ts.TypeFlags.NumberLiteral)) return { const: isForm ? `${type.value}` : type.value };
  if (is(type, ts.TypeFlags.BooleanLiteral)) {
    const value = checker.typeToString(type) === "true";
    return { const: isForm ? `${value}` : value };
  }
  if (is(type, ts.TypeFlags.String)) return { type: "string" };
  if (is(type, ts.TypeFlags.Number)) return schemaOfNumber(isForm, name);
  if (is(type, ts.TypeFlags.Null)) return { const: isForm ? "" : null };
  if (is(type, ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
  if (checker.isArrayType(type)) {
    const [item] = checker.getTypeArguments(type);
    return { type: "array", items: schemaOf(item, isForm, name, path) };
  }
  const called = type.symbol?.name;
  if (called === "Decimal" || type.aliasSymbol?.name === "Decimal") return { type: "string", pattern: NUMERIC };
  if (is(type, ts.TypeFlags.Object)) return schemaOfObject(type, isForm, path);
  throw new Error(`No schema for ${checker.typeToString(type)} at ${[...path, name].join(".")}`);
}

function schemaOfNumber(isForm, name) {
  if (isForm) return { type: "string", pattern: FRACTIONS.test(name) ? NUMERIC : "^-?\\d+$" };
  return { type: FRACTIONS.test(name) ? "number" : "integer" };
}

/** A union; Stripe's `OtherString` beside literals says "perhaps more some day", which is nothing to hold anybody to. */
function schemaOfUnion(type, isForm, name, path) {
  const isLiteral = (part) => is(part, ts.TypeFlags.StringLiteral);
  const given = type.types.filter((part) => !is(part, ts.TypeFlags.Undefined | ts.TypeFlags.Void));
  const parts = given.filter((part) => !isOtherString(part));
  if (parts.length < given.length && !parts.some(isLiteral)) {
    throw new Error(`An open union without words at ${[...path, name].join(".")}`);
  }
  const schemas = parts.map((part) => schemaOf(part, isForm, name, path));
  const values = schemas.filter((schema) => "const" in schema).map((schema) => schema.const);
  const rest = schemas.filter((schema) => !("const" in schema));
  const distinct = [...new Map(rest.map((schema) => [JSON.stringify(schema), schema])).values()];
  // `X | null` as one schema, so that a breach within X is told where it is.
  const isPlain = distinct.length === 1 && distinct[0].type && !distinct[0].not;
  if (isPlain && values.every((value) => value === null)) {
    return values.length ? { ...distinct[0], type: [distinct[0].type, "null"] } : distinct[0];
  }
  if (values.length > 0) distinct.unshift({ enum: [...new Set(values)] });
  return distinct.length === 1 ? distinct[0] : { anyOf: distinct };
}

function isOtherString(type) {
  return type.isIntersection() && type.types.some((part) => is(part, ts.TypeFlags.String));
}

function schemaOfObject(type, isForm, path) {
  const kind = literalOf(type, "object");
  if (!isForm && kind === "list") return schemaOfMembers(type, isForm, path);
  if (!isForm && kind !== undefined) return objectNamed(type, kind);
  return schemaOfMembers(type, isForm, path);
}

function schemaOfMembers(type, isForm, path, omitted = []) {
  const id = `#${type.id}`;
  if (path.includes(id)) throw new Error(`${checker.typeToString(type)} holds itself: ${path}`);
  const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
  const schema = { type: "object", properties: {}, required: [], additionalProperties: false };
  if (index) schema.additionalProperties = schemaOf(index.type, isForm, "", [...path, id]);
  for (const property of checker.getPropertiesOfType(type)) {
    const { name } = property;
    const found = checker.getTypeOfSymbol(property);
    if (omitted.includes(name) || is(found, ts.TypeFlags.Void | ts.TypeFlags.Undefined)) continue;
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const isNever = isOptional && isNothing(found);
    if (isNever) continue;
    schema.properties[name] = schemaOf(found, isForm, name, [...path, id]);
    if (!isOptional) schema.required.push(name);
  }
  return schema;
}

/** `deleted?: void` of an object that lives. */
function isNothing(type) {
  return type.isUnion() && type.types.every((part) => is(part, ts.TypeFlags.Void | ts.TypeFlags.Undefined));
}

/** Method and path of each function of the package's classes, from its code: { Class.function: [method, path] }. */
function requestsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext, true);
  const found = new Map();
  for (const statement of source.statements.filter(ts.isClassDeclaration)) {
    for (const member of statement.members.filter(ts.isMethodDeclaration)) {
      const request = requestIn(member);
      if (request) found.set(`${statement.name.text}.${member.name.text}`, request);
    }
  }
  return found;
}

function requestIn(node) {
  if (ts.isCallExpression(node) && node.expression.name?.text === "_makeRequest") {
    const [method, path] = node.arguments;
    if (ts.isStringLiteral(path)) return [method.text, path.text];
    return [method.text, path.head.text + path.templateSpans.map((s) => `{id}${s.literal.text}`).join("")];
  }
  return ts.forEachChild(node, requestIn);
}

/** What a function answers, from `Promise<Response<X>>` and the like. */
function answerOf(node) {
  const called = node.typeName.getText();
  const [inner] = node.typeArguments;
  if (called === "Promise" && inner.typeName?.getText() === "Response") {
    return schemaOf(checker.getTypeFromTypeNode(inner.typeArguments[0]), false);
  }
  if (called === "ApiListPromise") {
    const item = schemaOf(checker.getTypeFromTypeNode(inner), false);
    return {
      type: "object",
      properties: {
        object: { const: "list" },
        data: { type: "array", items: item },
        has_more: { type: "boolean" },
        url: { type: "string" },
      },
      required: ["object", "data", "has_more", "url"],
      additionalProperties: false,
    };
  }
  return undefined; // searches and files: the stand-in has none
}

function routesOf(file) {
  const requests = requestsOf(file.replace(/\.d\.ts$/, ".js"));
  const routes = [];
  for (const statement of program.getSourceFile(file).statements.filter(ts.isClassDeclaration)) {
    for (const member of statement.members.filter(ts.isMethodDeclaration)) {
      const request = requests.get(`${statement.name.text}.${member.name.text}`);
      if (!request?.[1].startsWith("/v1/")) continue;
      const answer = answerOf(member.type);
      const params = member.parameters.find((parameter) => parameter.name.text === "params");
      if (!answer || !params) continue;
      const asked = checker.getNonNullableType(checker.getTypeAtLocation(params));
      routes.push({ method: request[0], path: request[1], params: schemaOf(asked, true), answer });
    }
  }
  return routes;
}

/** The type that a file calls so (a namespace may have the same name). */
function typeNamed(file, name) {
  const isType = (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  const { statements } = program.getSourceFile(join(RESOURCES, file));
  return checker.getTypeAtLocation(statements.find((node) => isType(node) && node.name.text === name));
}

/** Each event type with the objects that it may be about, and the envelope that all share. */
function eventsOf() {
  const events = {};
  for (const event of typeNamed("Events.d.ts", "Event").types) {
    const data = checker.getTypeOfSymbol(event.getProperty("data"));
    const about = checker.getTypeOfSymbol(data.getProperty("object"));
    events[literalOf(event, "type")] = schemaOf(about, false);
  }
  const envelope = schemaOfMembers(typeNamed("Events.d.ts", "EventBase"), false, [], ["data"]);
  envelope.properties.type = { enum: Object.keys(events) };
  envelope.properties.data = {
    type: "object",
    properties: { object: { type: "object" }, previous_attributes: { type: "object" } },
    required: ["object"],
    additionalProperties: false,
  };
  envelope.required = [...new Set([...envelope.required, "type", "data"])];
  return { events, envelope };
}

/** The schemas of all objects that were named, and of those that these name in turn. */
function objectsOf() {
  while (waiting.length > 0) {
    const [name, type] = waiting.pop();
    const schema = schemaOfMembers(type, false, [name]);
    Object.assign(schema.properties, UNDOCUMENTED[name]);
    objects.get(name).set(type, schema);
  }
  const made = [...objects].map(([name, types]) => {
    const schemas = [...types.values()];
    return [name, schemas.length === 1 ? schemas[0] : { anyOf: schemas }];
  });
  return Object.fromEntries(made.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The body of an answer that is no success: the types have it as the last error of a PaymentIntent. */
function errorOf() {
  const property = typeNamed("PaymentIntents.d.ts", "PaymentIntent").getProperty("last_payment_error");
  const schema = schemaOf(checker.getNonNullableType(checker.getTypeOfSymbol(property)), false);
  Object.assign(schema.properties, UNDOCUMENTED.error);
  return schema;
}

function main(target) {
  const files = readdirSync(RESOURCES, { recursive: true })
    .filter((name) => name.endsWith(".d.ts") && !name.startsWith("V2"))
    .map((name) => join(RESOURCES, name))
    .filter((file) => program.getSourceFile(file));
  const routes = files.sort().flatMap(routesOf);
  const { events, envelope } = eventsOf();
  const error = errorOf();
  const all = { routes, events, error, objects: { ...objectsOf(), event: envelope } };
  writeFileSync(`${target}.new`, JSON.stringify(all));
  renameSync(`${target}.new`, target);
}

main(process.argv[2] ?? join(dirname(import.meta.dirname), "var", "stripe-schemas.json"));
