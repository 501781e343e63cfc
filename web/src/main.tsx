// Entry of the dashboard: builds the parts, mounts the page.
import { render } from "preact";
import { App, AppProvider } from "./app";
import { Shell } from "./ui/shell";
import { startTheme } from "./ui/theme";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/bars.css";
import "./world/world.css";
import "./fleet/fleet.css";
import "./inspector/inspector.css";
import "./command/command.css";
import "./ui/overlay.css";
import "./ui/phone.css";

startTheme();
const app = new App();
const root = document.getElementById("app");
if (root) {
  render(
    <AppProvider value={app}>
      <Shell />
    </AppProvider>,
    root,
  );
}
app.start();
