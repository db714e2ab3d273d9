cib: shop.xml
$ crmadmin -N
  out: cluster node: alpha (1)
  out: cluster node: beta (2)
  out: cluster node: gamma (3)
  out: cluster node: delta (4)
  rc=0
$ crm_verify -x /nonexistent.xml
  err: crm_verify: Couldn't parse input file: /nonexistent.xml
  rc=1
$ crm_verify -L
  rc=0
$ crm_error -X 105 102 124
  out: No such object
  out: Not connected
  out: Timeout occurred
  rc=0
$ crm_error -X -n 105
  out: CRM_EX_NOSUCH - No such object
  rc=0
$ crm_error -n 5
  out: EIO - Input/output error
  rc=0
$ crm_error -l -X
  out:     0: OK
  out:     1: Error occurred
  out:     2: Invalid parameter
  out:     3: Unimplemented
  out:     4: Insufficient privileges
  out:     5: Not installed
  out:     6: Not configured
  out:     7: Not running
  out:     8: Promoted
  out:     9: Failed in promoted role
  out:    64: Incorrect usage
  out:    65: Invalid data given
  out:    66: Input file not available
  out:    67: User does not exist
  out:    68: Host does not exist
  out:    69: Necessary service unavailable
  out:    70: Internal software bug
  out:    71: Operating system error occurred
  out:    72: System file not available
  out:    73: Cannot create output file
  out:    74: I/O error occurred
  out:    75: Temporary failure, try again
  out:    76: Protocol violated
  out:    77: Insufficient privileges
  out:    78: Invalid configuration
  out:   100: Fatal error occurred, will not respawn
  out:   101: System panic required
  out:   102: Not connected
  out:   103: Update was older than existing configuration
  out:   104: Digest mismatch
  out:   105: No such object
  out:   106: Quorum required
  out:   107: Operation not safe
  out:   108: Requested item already exists
  out:   109: Multiple items match request
  out:   110: Requested item has expired
  out:   111: Requested item is not yet in effect
  out:   112: Could not determine status
  out:   113: Not applicable under current conditions
  out:   124: Timeout occurred
  out:   190: Service is active but might fail soon
  out:   191: Service is promoted but might fail soon
  out:   193: No exit status available
  rc=0
$ attrd_updater
  err: attrd_updater: Command requires --name argument
  rc=64
$ attrd_updater -D -S state -n a3
  err: attrd_updater: Unknown value for --lifetime: state
  rc=64
$ crm_node --bogus
  err: crm_node: Unknown option --bogus
  rc=64
$ crm_ticket -l
  rc=0
$ crm_ticket -t T -g --force
  rc=0
$ crm_ticket -t T -G granted
  out: true
  rc=0
$ crm_ticket -t T -s
  rc=0
$ crm_ticket -t T -G standby
  out: true
  rc=0
$ crm_ticket -t T -a
  rc=0
$ crm_ticket -t T -S owner -v me
  rc=0
$ crm_ticket -t T -G owner
  out: me
  rc=0
$ crm_ticket -t T -D owner
  rc=0
$ crm_ticket -t T -G owner
  rc=105
$ crm_ticket -t none -G granted
  rc=105
$ crm_ticket
  err: crm_ticket: Must supply a command
  rc=64
