"""CloudFormation stacks: changed through change sets, compared with what they made."""
