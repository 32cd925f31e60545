// The open incidents whose subject is a service. They are closed with a note on what was done.
import type { ApplicationInfo } from '../server/protocol.ts';
import { FormButton } from './form-button.tsx';
import { toDuration } from './formats.ts';
import type { ServiceIncident } from './service-words.ts';
import { resolveServiceIncident } from './services.ts';
import { toForbidden, useMay } from './signed-in.tsx';

const Resolving = ({ id, onDone }: { id: string; onDone(): void }) => (
  <FormButton
    label="Resolve"
    consequence="Closes the incident. Your note is kept with it."
    open={() => (form) => resolveServiceIncident(id, String(form.get('note')))}
    onDone={onDone}
  >
    <label>
      Note: what was done
      <input name="note" required autoComplete="off" />
    </label>
  </FormButton>
);

export const ServiceIncidents = ({
  application,
  incidents,
  now,
  onDone,
}: {
  application: ApplicationInfo;
  incidents: readonly ServiceIncident[];
  now: number;
  /** One was closed. */
  onDone(): void;
}) => {
  const { resolve } = application.serviceScopes;
  const mayResolve = useMay(resolve);
  return (
    <ul className="plain">
      {incidents.map(({ id, subject, reason, text, since }) => (
        <li
          key={id}
          className="card incident-row of-service"
          aria-label={`Incident of the service ${subject.name}`}
        >
          <p>
            <b>{subject.name}</b>: {text}{' '}
            <span className="quiet">
              ({reason}, open for {toDuration(now - Date.parse(since))})
            </span>
          </p>
          <div className="row moves">
            {mayResolve && resolve !== undefined && <Resolving id={id} onDone={onDone} />}
            {!mayResolve && <span className="quiet">{toForbidden([['resolve', resolve]])}</span>}
          </div>
        </li>
      ))}
    </ul>
  );
};
