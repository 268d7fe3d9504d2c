/** A preset as data: what `presets show --json` prints and the API answers. */
import { type Preset, preflightReport, upName, writtenFields, writtenSeries } from '../scenarios/index.ts';

/** `egress`: the personality that it names for packets from the VM, whose fields are `up`. */
export function presetData(preset: Preset): object {
  const { name, summary, profile, up, provenance } = preset;
  const series = writtenSeries(preset);
  return {
    name,
    summary,
    personality: writtenFields(profile),
    ...(up === undefined ? {} : { egress: upName(name), up: writtenFields(up) }),
    ...(series === undefined ? {} : { series }),
    preflight: preflightReport(profile, up ?? null),
    provenance,
  };
}
