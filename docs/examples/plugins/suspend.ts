/**
 * A fault: machines are suspended, like a laptop whose lid is closed. Their processes stand still, their connections
 * are gone; when it is over they continue as if no time had passed, with the awards that they held.
 */

import type { PluginModule } from "meshwork/sim";

const plugin: PluginModule = ({ z, defineFault }) => ({
  faults: [
    defineFault({
      name: "suspend",
      summary: "agents stand still and lose their connections, and continue afterwards; one after the other",
      options: z.strictObject({
        everyMs: z.number().min(0).default(0).describe("Between one agent and the next."),
      }),
      // `which`, `share` and `count` are read by the simulator, which draws the agents; so are `for` and `between`.
      isTargeted: true,
      lasts: true,
      begin({ world, agents, tookEffect }, { everyMs }, names) {
        const suspended: string[] = [];
        let isOver = false;
        const suspend = (name: string): void => {
          if (isOver || world.agent(name).state !== "up") return;
          for (const other of agents()) if (other !== name) world.dropConnection(name, other);
          world.pause(name);
          suspended.push(name);
          // A fault that never says so fails the scenario: nothing would have been tested.
          tookEffect([name]);
        };
        // Never wait in real time: ask the world to call back.
        for (const [index, name] of names.entries()) world.at(world.now + index * everyMs, () => suspend(name));
        return () => {
          isOver = true;
          for (const name of suspended) if (world.agent(name).state === "paused") world.resume(name);
        };
      },
    }),
  ],
});

export default plugin;
