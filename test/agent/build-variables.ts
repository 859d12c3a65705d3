/** The variables of a small build, as far as a step could ask for them. Tests put theirs over these. */
export const buildVariables: Readonly<Record<string, string>> = {
  'Agent.Version': '4.260.0',
  'Agent.OS': 'Linux',
  'Build.BuildId': '42',
  'Build.BuildNumber': '20261121.3',
  'Build.DefinitionName': 'Shop',
  'System.HostType': 'build',
  'System.CollectionId': '00000000-0000-0000-0000-00000000000c',
  'System.CollectionUri': 'https://dev.example.com/shop/',
  'System.TeamProject': 'Shop',
  'System.JobId': '00000000-0000-0000-0000-00000000000a',
  'System.StageDisplayName': 'deploy',
  'System.StageAttempt': '1',
  'System.PhaseAttempt': '1',
  'System.JobAttempt': '1',
};
