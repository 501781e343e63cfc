// The ways to select many at once: by state, by nearness, by saved group.
import { useSignal } from "@preact/signals";
import { useApp } from "../app";
import { t } from "../text";
import { count } from "../ui/format";
import { Close, SelectIcon } from "../ui/icons";
import { Popover } from "../ui/popover";

export function SelectMenu() {
  return (
    <Popover label={t.select.title} title={t.select.title} icon={<SelectIcon />} bare look="selectmenu">
      {(close) => <Choices close={close} />}
    </Popover>
  );
}

function Choices(p: { close: () => void }) {
  const app = useApp();
  const near = useSignal("5");
  const name = useSignal("");
  void app.selection.revision.value;
  const groups = app.groups.list.value;
  const act = (f: () => void) => () => {
    f();
    p.close();
  };
  return (
    <div class="menu-list">
      <button type="button" onClick={act(() => app.choose.listed())}>
        {t.select.all} <b>{count(app.roster.shown.value)}</b>
      </button>
      <button type="button" onClick={act(() => app.choose.flying())}>
        {t.select.flying}
      </button>
      <button type="button" onClick={act(() => app.choose.inverted())}>
        {t.select.invert}
      </button>
      <button type="button" onClick={act(() => app.selection.clear())}>
        {t.select.none}
      </button>
      <form
        class="menu-row"
        title={t.select.nearestTitle}
        onSubmit={(e) => {
          e.preventDefault();
          app.choose.nearest(Number(near.value));
          p.close();
        }}
      >
        <span>{t.select.nearest}</span>
        <input
          class="field"
          type="number"
          min="1"
          max="10000"
          aria-label={t.select.nearest}
          value={near.value}
          onInput={(e) => {
            near.value = e.currentTarget.value;
          }}
        />
        <button type="submit">{t.ui.go}</button>
      </form>
      <hr />
      <h3>{t.select.groups}</h3>
      {groups.length === 0 && <p class="note">{t.select.noGroups}</p>}
      {groups.map((g, i) => (
        <div class="menu-pair" key={g.name}>
          <button type="button" onClick={act(() => app.selection.set(g.ids))}>
            <kbd>{i + 1}</kbd> {g.name} <b>{count(g.ids.length)}</b>
          </button>
          <button
            type="button"
            class="ghost"
            aria-label={`${t.ui.remove} ${g.name}`}
            onClick={() => app.groups.remove(i)}
          >
            <Close />
          </button>
        </div>
      ))}
      <form
        class="menu-row"
        onSubmit={(e) => {
          e.preventDefault();
          app.choose.saveGroup(name.value.trim() || `Group ${groups.length + 1}`);
          name.value = "";
        }}
      >
        <input
          class="field wide"
          placeholder={t.select.saveGroup}
          aria-label={t.select.groupName}
          maxLength={24}
          value={name.value}
          onInput={(e) => {
            name.value = e.currentTarget.value;
          }}
        />
        <button type="submit" disabled={app.selection.size === 0}>
          {t.ui.save}
        </button>
      </form>
    </div>
  );
}
