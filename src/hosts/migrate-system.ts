// What moving a system to other charts leads to, with what only a host can check: that the calls which a rule has written are
// commands that their services are declared to take.
import type { Application } from '../application.ts';
import { isCommandTo } from '../service-messages.ts';
import { type MigrationProblem, type MigrationResult, migrate } from '../step/migration.ts';
import type { RegisteredSystem } from '../step/register.ts';
import type { SystemState } from '../step/system-state.ts';
import { toService } from '../step/translate.ts';

interface Rules {
  readonly system: RegisteredSystem;
  readonly application: Pick<Application, 'messages'>;
}

export const migrateSystem = (
  { system, application }: Rules,
  state: SystemState,
  request: Parameters<typeof migrate>[2],
): MigrationResult | MigrationProblem => {
  const outcome = migrate(system, state, request);
  if (outcome.kind !== 'maps') return outcome;
  const wrong = outcome.result.calls.find((call) => {
    const { service, command } = toService(system, call);
    return !isCommandTo(application.messages, service, command);
  });
  if (wrong === undefined) return outcome;
  const { callId, command, service } = wrong;
  const text = `the call ${callId} (${command.type}) is no command that the ${service} is declared to take`;
  return { kind: 'stuck', text };
};
