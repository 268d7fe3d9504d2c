/** One field of a personality, made from its description: a slider where there is a scale for it, and a place to type. */
import { useEffect, useId, useState } from 'preact/hooks';
import { useSelect } from './context.ts';
import { problemText, shownNumber, typedNumber, typedNumbers, UNITS } from './draft.ts';
import { Icon } from './icons.tsx';
import { POSITIONS, SCALES } from './scales.ts';
import type { FieldJson, FieldValue, ProblemJson } from './types.ts';

interface FieldProps {
  readonly field: FieldJson;
  readonly label: string;
  readonly value: FieldValue | undefined;
  /** The same as a number, when it is a text that the API understands. */
  readonly understood: FieldValue | undefined;
  readonly problems: readonly ProblemJson[];
  /** undefined: the field is not set. */
  readonly onChange: (value: FieldValue | undefined) => void;
}

export function FieldInput({ field, label, value, understood, problems, onChange }: FieldProps) {
  const id = useId();
  const { kind, help, path } = field;
  const scale = SCALES[path];
  const describedBy = `${id}-help${problems.length > 0 ? ` ${id}-problems` : ''}`;
  const common = { id, describedBy, value, isInvalid: problems.length > 0, field, onChange };
  return (
    <div
      class={`field is-${kind}${value === undefined ? '' : ' is-set'}${scale === undefined ? '' : ' has-slider'}`}
    >
      <div class="field-top">
        <label for={id}>{label}</label>
        <span class="field-value">
          {kind === 'choice' && <ChoiceInput {...common} />}
          {kind === 'boolean' && <BooleanInput {...common} />}
          {kind === 'numbers' && <NumbersInput {...common} />}
          {(kind === 'personality' || kind === 'flow') && <NameInput {...common} />}
          {isNumber(kind) && <NumberInput {...common} />}
          <button
            type="button"
            class="icon-only clear"
            disabled={value === undefined}
            aria-label={`Unset ${label}`}
            title="Unset"
            onClick={() => onChange(undefined)}
          >
            <Icon name="close" />
          </button>
        </span>
      </div>
      {scale !== undefined && (
        <Slider
          path={path}
          label={label}
          value={typeof value === 'string' ? understood : value}
          shown={shownOf(field, value)}
          onChange={onChange}
        />
      )}
      <p class="field-help" id={`${id}-help`}>
        <code>{path}</code> {help}
        {rangeOf(field)}
      </p>
      {problems.length > 0 && (
        <p class="field-problem" id={`${id}-problems`}>
          {problems.map(problemText).join('; ')}
        </p>
      )}
    </div>
  );
}

const isNumber = (kind: FieldJson['kind']): boolean =>
  ['probability', 'milliseconds', 'kilobits', 'bytes', 'count', 'number'].includes(kind);

function rangeOf({ kind, min, max, aboveMin }: FieldJson): string {
  if (kind === 'probability') return ' 0 to 100 %.';
  if (!isNumber(kind) || min == null || max == null) return '';
  return ` ${aboveMin === true ? `Above ${min}, up to` : `${min} to`} ${max}${UNITS[kind] === undefined ? '' : ` ${UNITS[kind]}`}.`;
}

/** For the screen reader, which would read the slider's position. */
function shownOf({ kind, identity }: FieldJson, value: FieldValue | undefined): string {
  if (value === undefined && (identity === undefined || identity === null)) return 'no limit';
  return `${shownNumber(kind, value ?? identity)} ${UNITS[kind] ?? ''}`;
}

interface InputProps {
  readonly id: string;
  readonly describedBy: string;
  readonly field: FieldJson;
  readonly value: FieldValue | undefined;
  readonly isInvalid: boolean;
  readonly onChange: (value: FieldValue | undefined) => void;
}

/** Not a number input: `40ms` and `4Mbit` are fine, and half a number must not be taken away from who types it. */
function NumberInput({ id, describedBy, field, value, isInvalid, onChange }: InputProps) {
  const { kind, identity } = field;
  const shown = shownNumber(kind, value);
  const [text, setText] = useState(shown);
  useEffect(() => {
    if (typedNumber(kind, text) !== value) setText(shown);
  }, [value]);
  const placeholder = field.default ?? identity;
  return (
    <>
      <input
        id={id}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        spellcheck={false}
        value={text}
        placeholder={placeholder == null ? absentText(field) : shownNumber(kind, placeholder)}
        aria-describedby={describedBy}
        aria-invalid={isInvalid}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          onChange(typedNumber(kind, currentTarget.value));
        }}
      />
      <span class="unit">{UNITS[kind] ?? ''}</span>
    </>
  );
}

const absentText = ({ path }: FieldJson): string => (path === 'bandwidthKbps' ? 'no limit' : '–');

interface SliderProps {
  readonly path: string;
  readonly label: string;
  readonly value: FieldValue | undefined;
  readonly shown: string;
  readonly onChange: (value: FieldValue | undefined) => void;
}

function Slider({ path, label, value, shown, onChange }: SliderProps) {
  const scale = SCALES[path];
  const number = typeof value === 'number' ? value : undefined;
  const [held, setHeld] = useState(0);
  if (scale === undefined) return null;
  // Values are rounded: without remembering where the thumb is, a small step would be taken back.
  const position = scale.valueAt(held) === number ? held : scale.positionOf(number);
  return (
    <input
      class="slider"
      type="range"
      min={0}
      max={POSITIONS}
      step={4}
      value={position}
      aria-label={`${label}, slider`}
      aria-valuetext={shown}
      style={{ '--share': `${(100 * position) / POSITIONS}%` }}
      onInput={({ currentTarget }) => {
        const at = currentTarget.valueAsNumber;
        setHeld(at);
        onChange(scale.valueAt(at));
      }}
    />
  );
}

function ChoiceInput({ id, describedBy, field, value, isInvalid, onChange }: InputProps) {
  const absent = field.default ?? field.identity;
  return (
    <select
      id={id}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      value={value === undefined ? '' : String(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
    >
      <option value="">{absent == null ? 'not set' : `${String(absent)} (not set)`}</option>
      {(field.choices ?? []).map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}

function BooleanInput({ id, describedBy, field, value, isInvalid, onChange }: InputProps) {
  const absent = field.default ?? field.identity;
  return (
    <select
      id={id}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      value={value === undefined ? '' : String(value)}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === '' ? undefined : currentTarget.value === 'true')
      }
    >
      <option value="">{absent == null ? 'not set' : `${absent === true ? 'yes' : 'no'} (not set)`}</option>
      <option value="true">yes</option>
      <option value="false">no</option>
    </select>
  );
}

function NumbersInput({ id, describedBy, value, isInvalid, onChange }: InputProps) {
  const shown = Array.isArray(value) ? value.join(' ') : String(value ?? '');
  const [text, setText] = useState(shown);
  useEffect(() => {
    if (JSON.stringify(typedNumbers(text)) !== JSON.stringify(value)) setText(shown);
  }, [value]);
  return (
    <textarea
      id={id}
      rows={2}
      value={text}
      placeholder="1 2 3"
      spellcheck={false}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      onInput={({ currentTarget }) => {
        setText(currentTarget.value);
        onChange(typedNumbers(currentTarget.value));
      }}
    />
  );
}

function NameInput({ id, describedBy, field, value, isInvalid, onChange }: InputProps) {
  const names = useSelect(({ control, blueprint }) =>
    field.kind === 'flow' ? blueprint?.flows : control.personalities,
  );
  return (
    <select
      id={id}
      aria-describedby={describedBy}
      aria-invalid={isInvalid}
      value={value === undefined ? '' : String(value)}
      onChange={({ currentTarget }) => onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
    >
      <option value="">none</option>
      {(names ?? []).map(({ id: name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
