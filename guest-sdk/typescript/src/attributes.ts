/** What people find a run by: search attributes, memo, details. */

import type { Named, Payload } from './contract.js';
import { keysOf } from './names.js';
import { decodeValue, encodeValue, jsonPayload } from './payload.js';
import { currentRuntime } from './runtime.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

/** The types that can be searched for, and what they are in the contract. */
const TYPES = {
  BOOL: 'bool',
  DATETIME: 'datetime',
  DOUBLE: 'double',
  INT: 'int',
  KEYWORD: 'keyword',
  KEYWORD_LIST: 'keyword-list',
  TEXT: 'text',
} as const;

export type SearchAttributeType = keyof typeof TYPES;
export const SearchAttributeType = keysOf(TYPES);

interface ValueTypes {
  BOOL: boolean;
  DATETIME: Date;
  DOUBLE: number;
  INT: number;
  KEYWORD: string;
  KEYWORD_LIST: string[];
  TEXT: string;
}

/** A name with its type. */
export interface SearchAttributeKey<T extends SearchAttributeType> {
  readonly name: string;
  readonly type: T;
}

export type SearchAttributeValue = ValueTypes[SearchAttributeType];

/** A key with its value; `null` removes it. */
export type SearchAttributePair = {
  [T in SearchAttributeType]: { readonly key: SearchAttributeKey<T>; readonly value: ValueTypes[T] | null };
}[SearchAttributeType];

/**
 * Pairs of keys and values, or values by their names. Of the latter a text is a keyword, a whole number an int, another
 * number a double.
 */
export type SearchAttributes = readonly SearchAttributePair[] | Record<string, SearchAttributeValue | null>;

export function defineSearchAttributeKey<T extends SearchAttributeType>(
  name: string,
  type: T,
): SearchAttributeKey<T> {
  return { name, type };
}

/** Sets search attributes of this run; those given as `null` are removed, others stay. One call is one event. */
export function upsertSearchAttributes(attributes: SearchAttributes): void {
  const runtime = currentRuntime();
  runtime.checkMayChange('upsertSearchAttributes');
  const changes = pairs(attributes).map(toChange);
  runtime.callSite();
  runtime.host.upsertSearchAttributes(changes);
  for (const [name, payload] of changes) runtime.upsertedAttributes.set(name, payload);
}

/** Sets memo fields of this run; those given as `null` are removed, others stay. */
export function upsertMemo(fields: Record<string, unknown>): void {
  const runtime = currentRuntime();
  runtime.checkMayChange('upsertMemo');
  const isRemoved = (value: unknown): boolean => value === null || value === undefined;
  // A memo's fields have no order of their own: that of their names is the same in every language.
  const changes = Object.keys(fields)
    .sort(byName)
    .map((name): [string, Payload | undefined] => {
      return [name, isRemoved(fields[name]) ? undefined : encodeValue(fields[name])];
    });
  runtime.callSite();
  runtime.host.setMemo(changes);
  for (const [name, payload] of changes) runtime.upsertedMemo.set(name, payload);
}

/** A text for people on the state of the run, shown where it is described. No part of the history. */
export function setCurrentDetails(details: string): void {
  const runtime = currentRuntime();
  runtime.checkMayChange('setCurrentDetails');
  runtime.details = details;
  runtime.host.setDetails(details);
}

export function getCurrentDetails(): string {
  return currentRuntime().details;
}

/** For a new run. */
export function searchAttributePayloads(attributes: SearchAttributes): Named<Payload> {
  return pairs(attributes)
    .map(toChange)
    .filter((change): change is [string, Payload] => change[1] !== undefined);
}

/** The value of a search attribute as the run has it. */
export function fromSearchAttribute(payload: Payload): SearchAttributeValue {
  const type = payload.metadata.find(([key]) => key === 'type');
  const value = decodeValue(payload);
  const isDate = type !== undefined && decodeUtf8(type[1]) === TYPES.DATETIME;
  return isDate ? new Date(String(value)) : (value as SearchAttributeValue);
}

/** What was there before, with what the run has changed since. */
export function changed(before: Named<Payload>, changes: Map<string, Payload | undefined>): Named<Payload> {
  const after = new Map(before);
  for (const [name, payload] of changes) {
    if (payload === undefined) after.delete(name);
    else after.set(name, payload);
  }
  return [...after];
}

function pairs(attributes: SearchAttributes): readonly SearchAttributePair[] {
  if (Array.isArray(attributes)) return attributes as SearchAttributePair[];
  return Object.entries(attributes as Record<string, SearchAttributeValue | null>).map(([name, value]) => {
    return { key: { name, type: typeOf(name, value) }, value } as SearchAttributePair;
  });
}

function typeOf(name: string, value: unknown): SearchAttributeType {
  if (value === null || typeof value === 'string') return 'KEYWORD';
  if (typeof value === 'boolean') return 'BOOL';
  if (typeof value === 'number') return Number.isInteger(value) ? 'INT' : 'DOUBLE';
  if (value instanceof Date) return 'DATETIME';
  if (Array.isArray(value)) return 'KEYWORD_LIST';
  throw new TypeError(`the search attribute ${name} cannot be a ${typeof value}`);
}

function toChange({ key, value }: SearchAttributePair): [string, Payload | undefined] {
  if (value === null || value === undefined) return [key.name, undefined];
  const text = JSON.stringify(value instanceof Date ? time(value) : value);
  // A whole number is written as every language writes a double.
  const isWholeDouble = key.type === 'DOUBLE' && Number.isInteger(value);
  const payload = jsonPayload(isWholeDouble ? `${text}.0` : text);
  const metadata: Named<Uint8Array> = [...payload.metadata, ['type', encodeUtf8(TYPES[key.type])]];
  return [key.name, { ...payload, metadata }];
}

/** RFC 3339, with as many digits of the second as are needed. */
function time(date: Date): string {
  return date.toISOString().replace(/\.?0*Z$/, 'Z');
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}
