// The banner says what was lost: the way to the server, or the simulator behind it.
import { useApp } from "../app";
import { ageText } from "./format";
import { Warn } from "./icons";

export function Banner() {
  const app = useApp();
  const link = app.link.value;
  if (link.name === "lost") {
    if (link.connecting)
      return (
        <div class="banner quiet" role="status">
          Connecting to the server…
        </div>
      );
    return (
      <div class="banner lost" role="alert" data-testid="banner-lost">
        <Warn />
        <div>
          <b>Connection to the server lost</b>
          <span>
            Reconnecting. The picture is {ageText(link.age)} old; commands are off and none is kept for later.
          </span>
        </div>
      </div>
    );
  }
  if (link.name === "simulator_gone") {
    return (
      <div class="banner gone" role="alert" data-testid="banner-gone">
        <Warn />
        <div>
          <b>The simulator is gone</b>
          <span>
            The server answers, but nothing flies. Last data {ageText(link.age)} ago; commands are off until
            it returns.
          </span>
        </div>
      </div>
    );
  }
  const waiting = !Number.isFinite(link.age);
  if (waiting && app.fleet.size === 0)
    return (
      <div class="banner quiet" role="status">
        Connected. Waiting for the first drones…
      </div>
    );
  if (app.fleet.size === 0 && app.status.value?.drones === 0) {
    return (
      <div class="banner quiet" role="status">
        No drones in this session yet.
      </div>
    );
  }
  return null;
}
