cib: blocked.xml
$ crm_mon -1 -r
  out: Cluster Summary:
  out:   * Stack: unknown
  out:   * Current DC: a (version unknown) - partition WITHOUT quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by hacluster via crmd on a
  out:   * 3 nodes configured
  out:   * 6 resource instances configured (1 BLOCKED from further action due to failure)
  out:
  out: Node List:
  out:   * Node b: maintenance
  out:   * Node c: UNCLEAN (offline)
  out:   * Online: [ a ]
  out:
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Stopped
  out:   * Clone Set: pairs [pair]:
  out:     * Started: [ a ]
  out:     * Stopped: [ b c ]
  out:   * stuck	(ocf:pacemaker:Dummy):	 FAILED a (blocked)
  out:
  out: Failed Resource Actions:
  out:   * stuck stop on a returned 'error' (will not) at Sun Nov 22 06:00:05 2026 after 20ms
  rc=0
