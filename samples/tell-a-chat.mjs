// Tells a chat how a release ended, from the output variables of the step. Takes any chat with an incoming webhook that accepts
// {"text": "…"}: Slack, Mattermost, Rocket.Chat, Teams through a workflow.
const { CHAT_WEBHOOK, RUN_URL } = process.env;

/** A variable that was never set, as when the agent was lost, is still its own `$(name)`. */
const said = name => {
  const value = process.env[name] ?? '';
  return value.startsWith('$(') ? '' : value;
};

const outcome = said('OUTCOME') || 'ended without a word: look at the run';
const lines = [
  `Release of sample-app: *${outcome}*${said('REASON') && `, ${said('REASON')}`}`,
  said('FAILED_CHECK') && `Failed: ${said('FAILED_CHECK')} at ${said('FAILED_STEP') || 'the start'}`,
  Number(said('WEIGHT')) > 0 && `The canary still gets ${said('WEIGHT')} % of the requests.`,
  RUN_URL,
];
const answer = await fetch(CHAT_WEBHOOK, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text: lines.filter(Boolean).join('\n') }),
});
if (!answer.ok) throw new Error(`The chat answered ${answer.status}`);
