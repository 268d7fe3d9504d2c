/** A strict reader of XML 1.0, as much of it as has elements, attributes, text and entities. Throws for what is not well-formed. */
import * as assert from 'uvu/assert';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const CHARACTER = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decoded(raw: string): string {
  assert.not.match(raw, /</);
  return raw.replace(/&([^;]*);?/g, (whole, name: string) => {
    assert.match(whole, /^&(#\d+|[a-z]+);$/);
    const letter = name.startsWith('#') ? String.fromCodePoint(Number(name.slice(1))) : NAMED[name];
    assert.ok(letter !== undefined && CHARACTER.test(letter), whole);
    return letter ?? '';
  });
}

/** White space as readers see it in an attribute: line breaks and tabs that are not written as references are spaces. */
const inAttribute = (raw: string): string => decoded(raw.replace(/[\t\n\r]/g, ' '));
const inText = (raw: string): string => decoded(raw.replace(/\r\n?/g, '\n'));

export function readXml(text: string): Element {
  assert.match(text, CHARACTER);
  const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
  assert.ok(text.startsWith(declaration));
  const document: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [document];
  let at = declaration.length;
  const token = /<(\/?)([a-z-]+)((?: [a-zA-Z]+="[^"<]*")*)(\/?)>|([^<]+)/y;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    assert.ok(match, `not well-formed: ${text.slice(at, at + 60)}`);
    const [whole, end, name = '', written = '', empty, between] = match!;
    at += whole.length;
    const parent = open.at(-1)!;
    if (between !== undefined) parent.text += inText(between);
    else if (end === '/') assert.is(open.pop()?.name, name);
    else {
      const attributes: Record<string, string> = {};
      for (const [, key = '', value = ''] of written.matchAll(/ ([a-zA-Z]+)="([^"]*)"/g)) {
        assert.not(Object.hasOwn(attributes, key), `twice: ${key}`);
        attributes[key] = inAttribute(value);
      }
      const element: Element = { name, attributes, children: [], text: '' };
      parent.children.push(element);
      if (empty !== '/') open.push(element);
    }
  }
  assert.is(open.length, 1, 'something is not closed');
  assert.is(document.children.length, 1, 'one root');
  assert.is(document.text.trim(), '');
  return document.children[0]!;
}
