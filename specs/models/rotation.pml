/* One rotation of the master, epoch 1 to 2, with restarts anywhere (specs/epochs.md). Original model; the messages of
 * a pull are join.pml's.
 *
 * Masters   : 1 drawn at member 0, 2 drawn at member 1; 3 a thief's, who has the old master and one operator, 4 that of
 *             operators alone, who have no release key. Draws 1 and 2 may both be approved and linked. Who drew 3 or 4 has
 *             the AK-CA and the member-CA of it too: it is a granter for it, and invents who holds it.
 * Members   : each pulls from whoever holds or uses a master with a valid link, writes what it is about to say, says that
 *             it holds it, switches by a quorum, swaps, uses. A crash falls between any two; a start goes by the disk.
 * Policy    : the second one expels member 2 and ends epoch 1 (`min_epoch`). It reaches 0 and 1 at any time, 2 never.
 *             Member 2 runs honest code; its host is not honest (ROLLBACK: it puts back the disk from before).
 * Outsiders : the thief and a stranger try to pull; the thief shows what it signs with the old AK-CA.
 *
 * P1  no key of the next epoch is used before QUORUM members had its master on disk.
 * P2  one master of that epoch is ever active, at whichever members.
 * P3  nobody gives the next master to whom its policy in force expels, to a stranger or to the thief.
 * P4  what becomes active has K approvals of that very draw, and the old release key's signature.
 * P5  a start finds the old or the new epoch whole, and never the old one after the new one was used.
 * P6  the old AK-CA counts at nobody who is at the next epoch or whose policy ends the old one.
 * P7  (asked by EXPELLED_HAS, and it fails) nobody switches to a master that was given to whom its policy now expels.
 * P8  nobody switches by the word of whom its policy in force expels.
 */
#ifndef QUORUM
#define QUORUM 2
#endif
#define K 2

hidden byte Prop1, Prop2, Prop3, Prop4, Prop5, Prop6, Prop7, Prop8; /* always 0: they name the property in the report */
/* draws 1 and 2: approvals of the newest; enough of one that it replaced; linked, with all that it needs */
bit drawn[3]; byte apr[3]; bit before[3]; bit linked[5]; bit good[5];
byte had[5]; byte held[5];              /* sets of members: had it on disk; said that they hold it */
byte act;                               /* sets of masters: ever active */
/* disk: next master (0 none) and its certificate; what was said; epoch of the record, of the masters (0: the old one) */
byte nxt[3]; bit cert[3]; byte said[3]; byte rec[3]; byte mas[3];
byte now[3]; bit jump[3]; byte used[3]; /* memory: epoch in use; pulled from who is there; what it ever used */
bit pol[3]; bit once[3];                /* policy in force; a verdict on member 2 from before */

#define IN(s,k) ((s)>>(k) & 1)
#define PUT(s,k) s = (s) | (1<<(k))
#define NUM(s) (IN(s,0)+IN(s,1)+IN(s,2))
#define EXPELS(g,m) (pol[g] && (m)==2)
#define LEFT(m,l) (NUM(held[l])-(EXPELS(m,2) && IN(held[l],2))) /* words of members that m's policy does not expel */
#ifdef EXPELLED_COUNTS                  /* theirs too */
#define ENOUGH(m,l) (NUM(held[l])>=QUORUM)
#else
#define ENOUGH(m,l) (LEFT(m,l)>=QUORUM)
#endif
#ifdef TWICE                            /* says it of any link */
#define FREE(m,l) 1
#else
#define FREE(m,l) (said[m]==0 || said[m]==(l) || ENOUGH(m,l))
#endif

/* Which forgeries a member takes for a link. */
#ifdef NO_APPROVALS
#define LINK3 1
#else
#define LINK3 0
#endif
#ifdef NO_OLD_KEY
#define LINK4 1
#else
#define LINK4 0
#endif
#define VALID(l) (linked[l] || ((l)==3 && LINK3) || ((l)==4 && LINK4))

#define HAS(g,l) (now[g]==(l) || (nxt[g]==(l) && IN(held[l],g)))
#ifdef NO_POLICY
#define ADMITS(g,m) 1
#elif defined(JUDGED_ONCE)              /* a verdict from before stands in for one under the policy in force */
#define ADMITS(g,m) (!EXPELS(g,m) || once[g])
#else
#define ADMITS(g,m) (!EXPELS(g,m))
#endif

/* Outsiders at a pull. The thief's own members have certificates of the old member-CA, the stranger has a good TPM. */
#define THIEF 1
#define STRANGER 2
#ifdef NO_KNOWN                         /* not from known members alone */
#define KNOWN(o) 1
#else
#define KNOWN(o) ((o)==THIEF)
#endif
#ifdef AK_OLD_PULL                      /* the pull takes AK certificates of the old epoch */
#define CERTIFIED(o) 1
#else
#define CERTIFIED(o) ((o)==STRANGER)
#endif

/* Does a certificate of the old AK-CA count at m, for anything but a pull? */
#ifdef AK_OLD                           /* a retired epoch's too */
#define COUNTS(m) (!pol[m])
#elif defined(NO_MIN_EPOCH)
#define COUNTS(m) (now[m]==0)
#else
#define COUNTS(m) (now[m]==0 && !pol[m])
#endif

inline activate(m,l) {
  assert(Prop4 || good[l]);
  assert(Prop1 || NUM(had[l])>=QUORUM);
#ifdef EXPELLED_HAS
  assert(Prop7 || !pol[m] || !IN(had[l],2));
#endif
  PUT(act,l);
  assert(Prop2 || act==1<<l)
}

inline take(m,l) { nxt[m]=l; cert[m]=0; jump[m]=0;
#ifndef SAY_FIRST
  PUT(had[l],m)
#endif
}

proctype Member(byte m) {
  byte g, l;
end:
  do
  :: atomic { m<2 && rec[m]==0 && nxt[m]==0 && !drawn[m+1] && !linked[m+1] ->                /* draw */
    drawn[m+1]=1; PUT(had[m+1],m) }
  :: atomic { m<2 && rec[m]==0 && nxt[m]==0 && drawn[m+1] && !before[m+1] && apr[m+1]>0 ->   /* draw anew */
    before[m+1]=(apr[m+1]==K); apr[m+1]=0 }
  :: atomic { m<2 && drawn[m+1] && !linked[m+1] && apr[m+1]<K -> apr[m+1]++ }                /* an operator approves */
  :: atomic { m<2 && rec[m]==0 && nxt[m]==0 && drawn[m+1] && !linked[m+1] &&                 /* link */
#ifdef NO_DRAW_BIND
    (apr[m+1]==K || before[m+1]) ->
#else
    apr[m+1]==K ->
#endif
    good[m+1]=(apr[m+1]==K); linked[m+1]=1; drawn[m+1]=0; before[m+1]=0; nxt[m]=m+1; cert[m]=1 }
  :: atomic { rec[m]==0 ->                                                                   /* pull */
    if :: g=0 :: g=1 :: g=2 :: g=3 fi;                                                       /* 3: who drew 3 or 4 */
    if :: l=1 :: l=2 :: l=3 :: l=4 fi;
    if :: VALID(l) && FREE(m,l) && nxt[m]!=l && l>2 && g==3 -> take(m,l)
       :: g<3 && g!=m && VALID(l) && nxt[m]!=l && HAS(g,l) && (FREE(m,l) || now[g]==l) && ADMITS(g,m) && !EXPELS(m,g) ->
          assert(Prop3 || !EXPELS(g,m));
          take(m,l); jump[m]=(now[g]==l);
          if :: m<2 -> drawn[m+1]=0; apr[m+1]=0; before[m+1]=0 :: else fi
       :: else -> skip
    fi; g=0; l=0 }
#ifdef SAY_FIRST
  :: atomic { nxt[m]>0 && !IN(had[nxt[m]],m) -> PUT(had[nxt[m]],m) }
#endif
  :: atomic { nxt[m]>0 && FREE(m,nxt[m]) && !(cert[m] && said[m]==nxt[m]) -> cert[m]=1; said[m]=nxt[m] }
  :: atomic { nxt[m]>0 && cert[m] && said[m]==nxt[m] && !IN(held[nxt[m]],m) -> PUT(held[nxt[m]],m) }  /* says so */
  :: atomic { nxt[m]>0 && rec[m]==0 &&                                                       /* the switch, on disk */
#ifdef NO_QUORUM
    cert[m] ->
#else
    ((cert[m] && IN(held[nxt[m]],m) && (ENOUGH(m,nxt[m]) || nxt[m]>2)) || jump[m]) ->
#endif
    activate(m,nxt[m]);
#ifndef NO_QUORUM                       /* there no word is asked for */
    assert(Prop8 || jump[m] || NUM(held[nxt[m]])<QUORUM || LEFT(m,nxt[m])>=QUORUM);
#endif
    jump[m]=0;
#ifdef SWAP_FIRST
    now[m]=nxt[m]
#else
    rec[m]=nxt[m];
#ifndef TWO_COMMITS
    mas[m]=nxt[m]; nxt[m]=0; cert[m]=0
#endif
#endif
    }
#ifdef SWAP_FIRST
  :: atomic { now[m]>0 && rec[m]==0 -> rec[m]=now[m]; mas[m]=now[m]; nxt[m]=0; cert[m]=0 }
#endif
#ifdef TWO_COMMITS
  :: atomic { rec[m]>0 && mas[m]==0 -> mas[m]=rec[m]; nxt[m]=0; cert[m]=0 }
#endif
  :: atomic { mas[m]>0 && now[m]==0 -> now[m]=mas[m] }                                       /* the swap */
#ifdef USE_PENDING
  :: atomic { nxt[m]>0 && cert[m] -> assert(Prop1 || ENOUGH(m,nxt[m])) }
#endif
  :: atomic { now[m]>0 && used[m]==0 -> used[m]=now[m];                                      /* in use */
    assert(Prop1 || NUM(had[now[m]])>=QUORUM);
#ifdef SANITY
    assert(!(used[0]==2 && used[1]==2 && IN(held[1],0) && pol[0] && pol[1] && rec[2]==0));
#endif
    skip }
  :: atomic { 1 ->                                                                           /* a crash, and a start */
    assert(Prop5 || (rec[m]==mas[m] && (used[m]==0 || used[m]==mas[m])));
    now[m]=mas[m]; jump[m]=0;
    if :: nxt[m]>0 && !cert[m] -> nxt[m]=0 :: else fi;
#ifdef SAY_FIRST
    if :: nxt[m]>0 && !IN(had[nxt[m]],m) -> nxt[m]=0; cert[m]=0 :: else fi;
#endif
#ifdef FORGETS
    said[m]=0;
#endif
    skip }
#ifdef ROLLBACK                         /* the set on disk from before it said anything; after the switch that is refused */
  :: atomic { m==2 && rec[2]==0 && said[2]>0 -> said[2]=0; nxt[2]=0; cert[2]=0 }
#endif
#ifdef FALSE_SAID                       /* what a muster says of others is not checked */
  :: atomic { m==2 && linked[1] && held[1]!=7 -> held[1]=7 }
#endif
  :: atomic { m<2 && !pol[m] -> pol[m]=1 }                                                   /* the second policy */
#ifdef JUDGED_ONCE
  :: atomic { m<2 && !pol[m] && !once[m] -> once[m]=1 }
#endif
  :: atomic { now[m]>0 || (nxt[m]>0 && IN(held[nxt[m]],m)) ->                                /* outsiders pull */
    if :: g=THIEF :: g=STRANGER fi;
    assert(Prop3 || !(KNOWN(g) && CERTIFIED(g)));
    g=0 }
  :: atomic { 1 ->                                                                           /* the old AK-CA is shown */
    if :: COUNTS(m) -> assert(Prop6 || (now[m]==0 && !pol[m])) :: else -> skip fi }
  od
}

init { atomic { run Member(0); run Member(1); run Member(2) } }
