/** `meshwork sim replay`: runs again what explore wrote down. */

import { type CliContext, EXIT, integer, type Register, type SimPlatform } from "./context.ts";
import { readRepro } from "./repro.ts";
import { openSubject } from "./subjects.ts";

interface Options {
  readonly events: number;
}

export const registerReplay: Register = (sim, act, platform) => {
  sim
    .command("replay <file>")
    .description("run again what explore wrote down, with its last events")
    .option("--events <n>", "how many of the last events are shown", integer(0, 400), 60)
    .option("--json", "print one JSON document")
    .addHelpText("after", "\nExample:\n  $ meshwork sim replay repro-seed-17.json")
    .action(act(async (context, file: string, options: Options) => replay(context, file, options, await platform())));
};

async function replay(context: CliContext, path: string, { events }: Options, { host }: SimPlatform): Promise<number> {
  const { seed, property, file, plan } = readRepro(path);
  const source = file === null ? null : { file, content: { yaml: await host.readText(file) } };
  const subject = await openSubject(source, host);
  const { failure, digest } = subject.run(seed, plan, events, () => false)!;
  if (context.json) context.printJson({ seed, expected: property, failure: failure?.message ?? null, digest });
  else context.print(failure === null ? `seed ${seed}: nothing breaks any more` : failure.text);
  return failure === null ? EXIT.pass : EXIT.broken;
}
