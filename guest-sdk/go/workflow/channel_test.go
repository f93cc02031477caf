package workflow

import (
	"fmt"
	"testing"
	"time"

	"dalsegno"
)

func TestASelectorTakesWhatIsReadyFirst(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []string, err error) {
		inner, cancel := WithCancel(ctx)
		selector := NewSelector(ctx)
		selector.AddFuture(call(inner, "slow"), func(f Future) {
			log = append(log, fmt.Sprint("activity ", dalsegno.IsCanceledError(f.Get(ctx, nil))))
		})
		selector.AddFuture(NewTimer(ctx, time.Second), func(Future) {
			log = append(log, "timer")
			cancel()
		})
		selector.AddReceive(GetSignalChannel(ctx, "s"), func(c ReceiveChannel, more bool) {
			var value int
			c.Receive(ctx, &value)
			log = append(log, fmt.Sprint("signal ", value, more))
		})
		for range 3 {
			selector.Select(ctx)
		}
		return log, nil
	})
	r.ok(r.signal("s", 7))
	r.ok(r.fired(2))
	r.expect("activity slow()", "timer 1000", "cancel activity 1", `complete ["signal 7 true","timer","activity true"]`)
}

func TestSelectorsSendAndReceiveFromEachOther(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []string, err error) {
		channel, done := NewChannel(ctx), NewWaitGroup(ctx)
		receive := func(c ReceiveChannel, _ bool) {
			var value string
			c.Receive(ctx, &value)
			log = append(log, value)
		}
		for range 3 {
			done.Go(ctx, func(ctx Context) { NewSelector(ctx).AddReceive(channel, receive).Select(ctx) })
		}
		Go(ctx, func(ctx Context) {
			taken := channel.SendAsync("at once")
			selector := NewSelector(ctx).AddReceive(channel, receive)
			selector.AddSend(channel, "by a selector", func() { log = append(log, fmt.Sprint(taken)) }).Select(ctx)
			channel.Send(ctx, "waiting")
			log = append(log, fmt.Sprint(channel.SendAsync("by nobody")))
		})
		done.Wait(ctx)
		return log, nil
	})
	r.expect(`complete ["true","false","at once","by a selector","waiting"]`)
}

func TestASelectorDoesNotSendToItself(t *testing.T) {
	r := rigged(t, func(ctx Context) error {
		channel := NewChannel(ctx)
		NewSelector(ctx).AddReceive(channel, nil).AddSend(channel, 1, nil).Select(ctx)
		return nil
	})
	r.expect()
}

func TestASelectorTakesAFutureOnce(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []string, err error) {
		selector := NewSelector(ctx)
		for _, name := range []string{"a", "b"} {
			future, settable := NewFuture(ctx)
			settable.Set(nil, nil)
			selector.AddFuture(future, func(Future) { log = append(log, name) })
		}
		selector.Select(ctx)
		selector.Select(ctx)
		return append(log, fmt.Sprint(selector.HasPending())), nil
	})
	r.expect(`complete ["a","b","false"]`)
}

func TestADefaultIsTakenWhenNothingIsReady(t *testing.T) {
	r := rigged(t, func(ctx Context) (word string, err error) {
		NewSelector(ctx).AddReceive(NewChannel(ctx), nil).AddDefault(func() { word = "default" }).Select(ctx)
		return word, nil
	})
	r.expect(`complete "default"`)
}

func TestReceivingHasALimit(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []bool, err error) {
		signals, channel := GetSignalChannel(ctx, "s"), NewChannel(ctx)
		Go(ctx, func(ctx Context) { channel.Send(ctx, 7) })
		var first, second int
		ok, more := channel.ReceiveWithTimeout(ctx, time.Hour, &first)
		log = append(log, ok, more, first == 7)
		ok, more = signals.ReceiveWithTimeout(ctx, time.Minute, &second)
		log = append(log, ok, more, second == 8)
		channel.Close()
		ok, more = channel.ReceiveWithTimeout(ctx, time.Hour, nil)
		log = append(log, ok, more)
		ok, more = signals.ReceiveWithTimeout(ctx, time.Second, nil)
		return append(log, ok, more), nil
	})
	r.expect("timer 3600000", "cancel timer 1", "timer 60000")
	r.ok(r.signal("s", 8))
	r.expect("cancel timer 2", "timer 1000")
	r.ok(r.fired(3))
	r.expect("complete [true,true,true,true,true,true,false,false,false,true]")
}

func TestChannelsAndTheirLike(t *testing.T) {
	r := rigged(t, func(ctx Context) (log []string, err error) {
		plain, buffered := NewChannel(ctx), NewBufferedChannel(ctx, 1)
		group, mutex := NewWaitGroup(ctx), NewMutex(ctx)
		group.Go(ctx, func(ctx Context) {
			plain.Send(ctx, 1)
			plain.Send(ctx, 2)
			plain.Close()
		})
		group.Go(ctx, func(ctx Context) {
			buffered.Send(ctx, "x")
			_ = mutex.Lock(ctx)
			log = append(log, "locked")
			mutex.Unlock()
		})
		_ = mutex.Lock(ctx)
		for value := 0; plain.Receive(ctx, &value); {
			log = append(log, fmt.Sprint(value))
		}
		mutex.Unlock()
		group.Wait(ctx)
		var text string
		ok := buffered.ReceiveAsync(&text)
		future, settable := NewFuture(ctx)
		Go(ctx, func(Context) { settable.SetValue(text) })
		err = future.Get(ctx, &text)
		return append(log, fmt.Sprint(ok, text, buffered.Len())), err
	})
	r.expect(`complete ["1","2","locked","truex0"]`)
}
