# SPDX-License-Identifier: MIT
# Jobs that do nothing, by Sidekiq: as a library it puts them, else it runs them.
#
#     ruby sidekiq.rb put COUNT; sidekiq -r ./sidekiq.rb -c 10
require 'sidekiq'

Sidekiq.configure_server { |c| c.redis = { url: ENV.fetch('REDIS_URL') } }
Sidekiq.configure_client { |c| c.redis = { url: ENV.fetch('REDIS_URL') } }

class Nothing
  include Sidekiq::Worker
  def perform(_number); end
end

if ARGV[0] == 'put'
  (0...ARGV[1].to_i).each_slice(1000) do |numbers|
    Sidekiq::Client.push_bulk('class' => Nothing,
                              'args' => numbers.map { |n| [n] })
  end
end
